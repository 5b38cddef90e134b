package opentrain

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Code is the kind of an Error.
type Code string

// Codes of the API (developers/api-reference/overview).
const (
	CodeBadRequest   Code = "BAD_REQUEST"
	CodeUnauthorized Code = "UNAUTHORIZED"
	CodeForbidden    Code = "FORBIDDEN"
	CodeNotFound     Code = "NOT_FOUND"
	CodeConflict     Code = "CONFLICT"
	CodeRateLimited  Code = "RATE_LIMITED"
	CodeInternal     Code = "INTERNAL_ERROR"
)

// Reasons of a CodeForbidden or CodeConflict, in details.reason. The list is not complete (developers/api-reference).
const (
	ReasonClaimRequired      = "account_claim_required"  // with details.claimUrl
	ReasonModeration         = "moderation_blocked"      // with details.reasons
	ReasonPaymentMethod      = "payment_method_required" // with details.billingUrl
	ReasonMilestoneNotOpen   = "milestone_not_fundable"
	ReasonMilestoneNotFunded = "milestone_not_funded"
	ReasonContractEnded      = "contract_ended"
	ReasonContractRate       = "contract_rate_missing"
	ReasonEmployerFirst      = "employer_first_message_required" // the caller is the candidate
	ReasonNotReady           = "proposal_not_ready_for_messaging"
	ReasonJobNotPublished    = "job_not_published"
	ReasonNotAFreelancer     = "not_a_freelancer"
	ReasonUnavailable        = "freelancer_unavailable"
	ReasonNoTeams            = "teams_not_enabled"
	ReasonEmailFailed        = "invite_email_send_failed"
)

// Codes of this client, for failures without a code of the API.
const (
	CodeInvalidArgument Code = "INVALID_ARGUMENT" // an argument of the call is invalid; nothing was sent
	CodeNoToken         Code = "NO_TOKEN"         // the call needs a token; nothing was sent
	CodeNetwork         Code = "NETWORK"          // there is no response; see Error.NotSent
	CodeTimeout         Code = "TIMEOUT"          // the deadline of the context passed before the response came
	CodeBadResponse     Code = "BAD_RESPONSE"     // not the API's: HTML, broken JSON, empty, a redirect, too large
	CodeBusy            Code = "BUSY"             // over a limit of this client for Error.RetryAfter; nothing was changed
)

// Fault is a cause of a CodeNetwork that waiting does not cure.
type Fault string

// Faults. Error.Fault is "" for every other cause.
const (
	FaultHost    Fault = "unknown host" // there is no host of this name
	FaultRefused Fault = "refused"      // the host is there, but nothing listens at the port
	FaultTLS     Fault = "tls"          // the host's certificate is not trusted, or it does not speak TLS
	FaultProxy   Fault = "proxy"        // the HTTP proxy could not be reached
)

// ErrTooLarge is the cause of a CodeBadResponse for a response over 8 MiB, or one that would take too much memory when
// it is decoded.
var ErrTooLarge = errors.New("the response is too large")

// Error is a failed API call. It never contains a token. Its cause is for logs and may contain addresses.
type Error struct {
	Code       Code            // never empty
	Fault      Fault           // what prevented the connection, "" if unknown or temporary
	Status     int             // HTTP status of the response, 0 if none
	Message    string          // from the API or from this client, at most 2,000 bytes and "…"
	RequestID  string          // the API's ID of the request, visible ASCII characters, "" if unknown
	Details    json.RawMessage // the API's details object or list of issues, nil if absent or over 64 KiB
	RetryAfter time.Duration   // from the Retry-After header, 0 if none
	// NotSent is true if the request did not reach the API, so nothing can have changed.
	NotSent bool

	cause error
}

// Error implements error.
func (e *Error) Error() string {
	text := "opentrain: " + string(e.Code)
	if e.Status != 0 {
		text += fmt.Sprintf(" (HTTP %d)", e.Status)
	}
	text += ": " + e.Message
	if e.RequestID != "" {
		text += " [request " + e.RequestID + "]"
	}
	return text
}

// Unwrap returns the cause, or nil.
func (e *Error) Unwrap() error { return e.cause }

// Is makes errors.Is compare codes: errors.Is(err, &Error{Code: CodeNotFound}).
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && t.Status == 0 && t.Message == ""
}

// DecodeDetails decodes the details object into the struct that v points to and skips members of an
// unexpected type. It reports whether there is an object.
func (e *Error) DecodeDetails(v any) bool {
	return len(e.Details) > 0 && decodeLenient(e.Details, v) == nil
}

// MayHaveChanged reports whether a write that returned err may have changed something. It is false only if
// the request was not sent (Error.NotSent), or the API refused it with a 4xx status, or a proxy did with 401 or
// 429. The exceptions have status 409: without a reason, and with those of moderation, since the API applies an edit that it blocks and
// takes the job off the marketplace (developers/api-reference/jobs/update), and of an invitation whose email failed.
func MayHaveChanged(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return true
	}
	refused := e.Status >= 400 && e.Status < 500 && e.Code != CodeBadResponse
	if e.Status == http.StatusConflict {
		var details struct {
			Reason string `json:"reason"`
		}
		refused = e.DecodeDetails(&details) && !slices.Contains([]string{"", ReasonModeration, ReasonEmailFailed}, details.Reason)
	}
	return !e.NotSent && !refused
}

// IsOutage reports whether err says that the API gave no answer of its own: it couldn't be reached, it failed, or something else
// answered in its place.
func IsOutage(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && (e.Status >= 500 || slices.Contains([]Code{CodeNetwork, CodeTimeout, CodeBadResponse}, e.Code))
}

func invalidArgument(format string, args ...any) *Error {
	return &Error{Code: CodeInvalidArgument, Message: fmt.Sprintf(format, args...), NotSent: true}
}

// notSent returns the Error for a context that ended before the request was sent.
func notSent(ctx context.Context) *Error {
	return transportError(ctx, ctx.Err(), true)
}

// transportError returns the Error for a request without a response.
func transportError(ctx context.Context, err error, notSent bool) *Error {
	if early, ok := errors.AsType[*Error](err); ok { // from the transport
		return early
	}
	e := &Error{Code: CodeNetwork, Message: "OpenTrain couldn't be reached", NotSent: notSent, cause: err}
	var timeout net.Error
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		e.Message = "the call was canceled before OpenTrain responded"
		return e
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		e.Code, e.Message = CodeTimeout, "OpenTrain didn't respond in time"
		return e
	}
	switch e.Fault = faultOf(err); {
	case e.Fault == FaultProxy:
		e.Message = "the proxy couldn't be reached"
	case isUntrusted(err):
		e.Message = "the host's certificate is not trusted"
	case e.Fault == FaultTLS:
		e.Message = "the host doesn't speak TLS"
	case e.Fault == FaultHost:
		e.Message = "the host name doesn't exist"
	case e.Fault == FaultRefused:
		e.Message = "the host refused the connection"
	case !e.NotSent:
		e.Message = "the connection was lost before OpenTrain responded"
	}
	return e
}

// neverSent reports whether err says by itself that the request was not sent: it is from the throttle, the name resolution, or a
// connection that didn't come about.
func neverSent(err error) bool {
	var early *Error
	var dns *net.DNSError
	if errors.As(err, &early) {
		return early.NotSent
	}
	return errors.As(err, &dns) || faultOf(err) != "" || connecting(err, "dial", "proxyconnect")
}

// isPermanent reports whether a retry would fail with the same error.
func isPermanent(err error) bool {
	var early *Error
	fault := faultOf(err)
	return fault == FaultTLS || fault == FaultHost || errors.As(err, &early)
}

func faultOf(err error) Fault {
	const refusedOnWindows = syscall.Errno(10061) // WSAECONNREFUSED
	var dns *net.DNSError
	var record tls.RecordHeaderError
	switch {
	case connecting(err, "proxyconnect"):
		return FaultProxy
	case isUntrusted(err), errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &record) && record.Conn != nil:
		return FaultTLS
	case errors.As(err, &dns) && dns.IsNotFound:
		return FaultHost
	case connecting(err, "dial") && (errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, refusedOnWindows)):
		return FaultRefused
	}
	return ""
}

// connecting reports whether err is from one of the operations that make a connection.
func connecting(err error, operations ...string) bool {
	var op *net.OpError
	return errors.As(err, &op) && slices.Contains(operations, op.Op)
}

func isUntrusted(err error) bool {
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &certificate)
}

// responseError returns the Error for a response with a status other than 2xx.
func responseError(res response) *Error {
	e := unexpected(res, nil)
	e.RetryAfter = parseRetryAfter(res.header.Get("Retry-After"), time.Now())
	// The error envelope of the API (developers/api-reference/overview).
	var envelope struct {
		Error     string          `json:"error"`
		Code      Code            `json:"code"`
		RequestID string          `json:"requestId"`
		Details   json.RawMessage `json:"details"`
	}
	if json.Unmarshal(res.body, &envelope) != nil || envelope.Error == "" && envelope.Code == "" {
		// These two mean the same from a proxy in front of the API.
		if res.status == http.StatusUnauthorized || res.status == http.StatusTooManyRequests {
			e.Code = codeForStatus(res.status)
		}
		return e
	}
	e.Code = cmp.Or(Code(printable(string(envelope.Code))), codeForStatus(res.status))
	e.Message = clip(string(hideTokens([]byte(envelope.Error))))
	e.RequestID = cmp.Or(printable(envelope.RequestID), e.RequestID)
	if details := envelope.Details; len(details) > 0 && len(details) <= maxDetails && (details[0] == '{' || details[0] == '[') {
		e.Details = hideInJSON(details)
	}
	return e
}

// unexpected returns the Error for a response that is not the API's.
func unexpected(res response, cause error) *Error {
	message := fmt.Sprintf("the response is not OpenTrain's JSON (HTTP %d)", res.status)
	switch {
	case res.status >= 300 && res.status < 400:
		message = fmt.Sprintf("the response is a redirect (HTTP %d), which is not followed", res.status)
	case len(res.body) == 0:
		message = fmt.Sprintf("the response is empty (HTTP %d)", res.status)
	case strings.Contains(res.header.Get("Content-Type"), "html"):
		message = fmt.Sprintf("the response is a web page instead of OpenTrain's JSON (HTTP %d); it may be from a proxy", res.status)
	}
	return &Error{
		Code: CodeBadResponse, Status: res.status, Message: message, RequestID: printable(res.header.Get("X-Request-Id")), cause: cause,
	}
}

// Limits of what an Error keeps of a response, in bytes.
const (
	maxName    = 128 // a request ID or a code
	maxMessage = 2000
	maxDetails = 64 << 10
)

// printable returns the visible ASCII characters of a name, cut at maxName: it may be logged as it is.
func printable(name string) string {
	name = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, name[:min(len(name), maxName)])
	return string(hideTokens([]byte(name)))
}

// clip cuts a message at maxMessage.
func clip(message string) string {
	if len(message) <= maxMessage {
		return message
	}
	return strings.ToValidUTF8(strings.Clone(message[:maxMessage]), "") + "…"
}

func codeForStatus(status int) Code {
	if status >= 500 {
		return CodeInternal
	}
	codes := map[int]Code{
		http.StatusUnauthorized:    CodeUnauthorized,
		http.StatusForbidden:       CodeForbidden,
		http.StatusNotFound:        CodeNotFound,
		http.StatusConflict:        CodeConflict,
		http.StatusTooManyRequests: CodeRateLimited,
	}
	return cmp.Or(codes[status], CodeBadRequest)
}

// maxHeaderTime bounds the durations in response headers, so that an absurd value does not overflow.
const maxHeaderTime = 30 * 24 * time.Hour

// parseRetryAfter parses a Retry-After header: seconds or an HTTP date.
func parseRetryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(strings.TrimSpace(value)); err == nil {
		return max(0, headerSeconds(seconds))
	}
	if date, err := http.ParseTime(value); err == nil {
		return min(max(0, date.Sub(now)), maxHeaderTime)
	}
	return 0
}

// headerSeconds returns a number of seconds, at most maxHeaderTime.
func headerSeconds(seconds int) time.Duration {
	return time.Duration(min(seconds, int(maxHeaderTime.Seconds()))) * time.Second
}
