# A static binary, the CA certificates, nothing else. Build and try:
#   docker build -t opentrain-mcp .
#   docker run --rm -i opentrain-mcp stdio --sandbox
# For many callers over HTTP see deploy/.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=devel
ARG COMMIT=unknown
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION} -X main.commit=${COMMIT}" -o /out/opentrain-mcp ./cmd/opentrain-mcp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/opentrain-mcp /opentrain-mcp
USER 65532:65532
ENTRYPOINT ["/opentrain-mcp"]
