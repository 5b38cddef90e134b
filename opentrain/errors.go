package opentrain

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"
)

// Code says what kind of failure an Error is.
type Code string

// The codes of the API (developers/api-reference/overview).
const (
	CodeBadRequest   Code = "BAD_REQUEST"
	CodeUnauthorized Code = "UNAUTHORIZED"
	CodeForbidden    Code = "FORBIDDEN"
	CodeNotFound     Code = "NOT_FOUND"
	CodeConflict     Code = "CONFLICT"
	CodeRateLimited  Code = "RATE_LIMITED"
	CodeInternal     Code = "INTERNAL_ERROR"
)

// The codes of this client, for failures that the API did not name.
const (
	// CodeInvalidArgument: the arguments of the call cannot be sent.
	CodeInvalidArgument Code = "INVALID_ARGUMENT"
	// CodeNoToken: the call needs a token and the context has none.
	CodeNoToken Code = "NO_TOKEN"
	// CodeNetwork: no answer came; see Error.NotSent.
	CodeNetwork Code = "NETWORK"
	// CodeTimeout: the context's deadline passed before the answer came.
	CodeTimeout Code = "TIMEOUT"
	// CodeBadResponse: an answer came that is not the API's: HTML, broken
	// JSON, nothing, a redirect, or too large.
	CodeBadResponse Code = "BAD_RESPONSE"
	// CodeBusy: the call would have to wait for long; Error.RetryAfter says how
	// long. Nothing was sent.
	CodeBusy Code = "BUSY"
)

// ErrTooLarge is the cause of a CodeBadResponse whose answer has more than 8 MiB.
var ErrTooLarge = errors.New("the answer is larger than 8 MiB")

// Error is the failure of one API call. It never holds a token, and its
// cause is for logs: it may name addresses.
type Error struct {
	// Code is never empty.
	Code Code
	// Status is the HTTP status of the answer, 0 when none came.
	Status int
	// Message is the API's own sentence, or this client's.
	Message string
	// RequestID is the API's id of the failed request, "" when it gave none.
	RequestID string
	// Details is the API's details object, or a list of issues; nil when it
	// gave none.
	Details json.RawMessage
	// RetryAfter is the pause that the Retry-After header asks for; 0 when it was absent.
	RetryAfter time.Duration
	// NotSent is true when the request certainly did not reach the API, so
	// that nothing can have changed there.
	NotSent bool

	cause error
}

// Error implements error.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("opentrain: ")
	b.WriteString(string(e.Code))
	if e.Status != 0 {
		fmt.Fprintf(&b, " (HTTP %d)", e.Status)
	}
	b.WriteString(": ")
	b.WriteString(e.Message)
	if e.RequestID != "" {
		fmt.Fprintf(&b, " [request %s]", e.RequestID)
	}
	return b.String()
}

// Unwrap returns the cause, if there is one.
func (e *Error) Unwrap() error { return e.cause }

// DecodeDetails decodes the members of the details object into the struct that
// v points to; members of another form than their field are passed over. It
// reports whether there are details.
func (e *Error) DecodeDetails(v any) bool {
	if len(e.Details) == 0 {
		return false
	}
	return decodeLenient(e.Details, v) == nil
}

// Is lets errors.Is match by code: errors.Is(err, &Error{Code: CodeNotFound}).
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && t.Status == 0 && t.Message == ""
}

// MayHaveChanged reports whether a write that ended with err took effect, or may
// have. A CONFLICT counts: a live edit that the content check blocks is answered with
// one, is applied, and takes the job off the marketplace
// (developers/api-reference/jobs/update).
func MayHaveChanged(err error) bool {
	var failure *Error
	if !errors.As(err, &failure) {
		return true
	}
	refused := failure.Status >= 400 && failure.Status < 500 && failure.Status != http.StatusConflict
	return !failure.NotSent && !refused
}

func invalidArgument(format string, args ...any) *Error {
	return &Error{Code: CodeInvalidArgument, Message: fmt.Sprintf(format, args...), NotSent: true}
}

// transportError names a failure in which no answer came.
func transportError(ctx context.Context, err error) *Error {
	e := &Error{Code: CodeNetwork, Message: "OpenTrain could not be reached", NotSent: neverSent(err), cause: err}
	var timeout net.Error
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		e.Message = "the call was cancelled before OpenTrain answered"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		e.Code, e.Message = CodeTimeout, "OpenTrain did not answer in time"
	case untrusted(err):
		e.Message = "the certificate of OpenTrain's host is not trusted here; a proxy that inspects traffic needs its own CA certificate to be known"
	case unknownHost(err):
		e.Message = "the name of OpenTrain's host could not be resolved"
	case !e.NotSent:
		e.Message = "the connection broke before OpenTrain answered"
	}
	return e
}

// neverSent reports whether err happened before a byte of the request left:
// while resolving the name, opening the connection or checking whose it is.
func neverSent(err error) bool {
	var dns *net.DNSError
	var op *net.OpError
	var early unsent
	return errors.As(err, &early) || isBusy(err) != nil || errors.As(err, &dns) || untrusted(err) || errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")
}

// lasting reports whether err will be the same on another attempt.
func lasting(err error) bool {
	return untrusted(err) || unknownHost(err) || isBusy(err) != nil || errors.Is(err, resty.ErrResponseBodyTooLarge)
}

func untrusted(err error) bool {
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &certificate)
}

func unknownHost(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound
}

// envelope is the body of every error answer of the public API
// (developers/api-reference/overview).
type envelope struct {
	Error     string          `json:"error"`
	Code      Code            `json:"code"`
	RequestID string          `json:"requestId"`
	Details   json.RawMessage `json:"details"`
}

// readEnvelope reads the API's error envelope, and reports whether the body is one.
func readEnvelope(body []byte) (env envelope, ok bool) {
	err := json.Unmarshal(body, &env)
	return env, err == nil && (env.Error != "" || env.Code != "")
}

// answerError makes the Error of an answer whose status is not 2xx.
func answerError(status int, header http.Header, body []byte) *Error {
	e := &Error{
		Status:     status,
		RequestID:  header.Get("X-Request-Id"),
		RetryAfter: retryAfter(header.Get("Retry-After"), time.Now()),
	}
	env, ok := readEnvelope(body)
	if !ok {
		e.Code, e.Message = CodeBadResponse, describeForeignAnswer(status, header, len(body) == 0)
		// These two mean the same from whoever answers: an edge in front of
		// the API limits and refuses too.
		if status == http.StatusUnauthorized || status == http.StatusTooManyRequests {
			e.Code = codeOfStatus(status)
		}
		return e
	}
	e.Code, e.Message = env.Code, env.Error
	if e.Code == "" {
		e.Code = codeOfStatus(status)
	}
	if env.RequestID != "" {
		e.RequestID = env.RequestID
	}
	if isObject(env.Details) || isArray(env.Details) {
		e.Details = env.Details
	}
	return e
}

// describeForeignAnswer words an answer that did not come from the API itself.
func describeForeignAnswer(status int, header http.Header, empty bool) string {
	switch {
	case status >= 300 && status < 400:
		return fmt.Sprintf("the server answered with a redirect (HTTP %d), which is not followed", status)
	case empty:
		return fmt.Sprintf("the answer is empty (HTTP %d)", status)
	case strings.Contains(header.Get("Content-Type"), "html"):
		return fmt.Sprintf("a web page came back instead of OpenTrain's JSON (HTTP %d); a proxy may have answered", status)
	default:
		return fmt.Sprintf("the answer is not OpenTrain's JSON (HTTP %d)", status)
	}
}

func codeOfStatus(status int) Code {
	switch status {
	case http.StatusUnauthorized:
		return CodeUnauthorized
	case http.StatusForbidden:
		return CodeForbidden
	case http.StatusNotFound:
		return CodeNotFound
	case http.StatusConflict:
		return CodeConflict
	case http.StatusTooManyRequests:
		return CodeRateLimited
	}
	if status >= 500 {
		return CodeInternal
	}
	return CodeBadRequest
}

// longestAsked bounds a Retry-After; a longer one is an error of its sender.
const longestAsked = 30 * 24 * time.Hour

// retryAfter reads a Retry-After header in seconds or as an HTTP date.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(strings.TrimSpace(value)); err == nil {
		return max(0, time.Duration(min(seconds, int(longestAsked.Seconds())))*time.Second)
	}
	if date, err := http.ParseTime(value); err == nil {
		return min(max(0, date.Sub(now)), longestAsked)
	}
	return 0
}
