# A static binary, the CA certificates, nothing else. Build and try:
#   docker build -t opentrain-mcp:0.1.0 --build-arg VERSION=0.1.0 .
#   docker run --rm -i opentrain-mcp:0.1.0 stdio --sandbox
# For many callers over HTTP see deploy/.
FROM golang:1.26.9-bookworm AS build
# The Go that compiles: a patch release can be newer than its image. The go command
# downloads it and checks it against Go's checksum database.
ENV GOTOOLCHAIN=go1.26.11
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download && go mod verify
COPY . .
ARG VERSION=devel
ARG COMMIT=unknown
RUN CGO_ENABLED=0 go build -mod=readonly -trimpath -ldflags "-s -w -X main.version=${VERSION} -X main.commit=${COMMIT}" -o /out/opentrain-mcp ./cmd/opentrain-mcp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/opentrain-mcp /opentrain-mcp
USER 65532:65532
ENTRYPOINT ["/opentrain-mcp"]
