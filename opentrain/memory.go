package opentrain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
	"unicode/utf8"
)

const (
	maxResponse = 8 << 20 // bytes of a response body

	// The size of a response is its body and what it takes when it is decoded. Most are small and need no reservation:
	// the limit of concurrent requests bounds them.
	tinySize   = 4 << 10
	smallSize  = 64 << 10
	mediumSize = 1 << 20
	largeSize  = 16 << 20 // the maximum

	maxMedium = 4 // medium responses at once
	maxLarge  = 1 // large responses at once

	// Bytes that a value of a JSON text takes when it is decoded. The largest struct in a list is a PublicJob.
	entrySize  = 64  // an entry of a list
	objectSize = 448 // more, for an entry that is an object or a list, or null instead of one
	memberSize = 128 // a member of an object

	maxDepth = 60 // of lists and objects in each other, below 64
)

// memory bounds the responses of a Client that are in memory, from reading to decoding.
type memory struct {
	medium, large chan struct{}
}

func newMemory() *memory {
	return &memory{medium: make(chan struct{}, maxMedium), large: make(chan struct{}, maxLarge)}
}

// answer is the body of the latest response of a call, with the memory reserved for it.
type answer struct {
	memory   *memory
	body     []byte
	size     int // see smallSize
	reserved int
	slots    []chan struct{}
}

type answerKey struct{}

// newAnswer returns a context whose requests leave their responses in the answer. The caller releases it.
func (m *memory) newAnswer(ctx context.Context) (context.Context, *answer) {
	a := &answer{memory: m, reserved: smallSize}
	return context.WithValue(ctx, answerKey{}, a), a
}

// answerFrom returns the answer of a context, which every request has.
func answerFrom(ctx context.Context) *answer {
	a, _ := ctx.Value(answerKey{}).(*answer)
	return a
}

// release drops the response and frees its memory for others.
func (a *answer) release() {
	for _, slot := range a.slots {
		<-slot
	}
	*a = answer{memory: a.memory, reserved: smallSize}
}

// reserve waits until there is memory for a response of this size. A call that holds a medium slot may wait for a
// large one, but never the other way around, so calls cannot block each other for good.
func (a *answer) reserve(ctx context.Context, size int) error {
	if size <= a.reserved {
		return nil
	}
	slot, reserved := a.memory.medium, mediumSize
	if size > mediumSize {
		slot, reserved = a.memory.large, largeSize
	}
	if err := acquire(ctx, slot); err != nil {
		return err
	}
	a.slots, a.reserved = append(a.slots, slot), reserved
	return nil
}

// receive reads the body of a response and reserves memory for it. It returns an *Error if that isn't possible, or
// the error of reading.
func (a *answer) receive(r *http.Request, res *http.Response) error {
	err := a.read(r.Context(), res)
	switch {
	case errors.Is(err, ErrTooLarge):
		return &Error{Code: CodeBadResponse, Status: res.StatusCode, Message: err.Error(), cause: err}
	case errors.Is(err, errQueueFull) && r.Method == http.MethodGet:
		e := busy("too many large responses from OpenTrain are being read", maxQueueTime)
		e.NotSent = false
		return e
	case errors.Is(err, errQueueFull):
		const message = "OpenTrain responded, but the response could not be read: too many large ones were being read at once"
		return &Error{Code: CodeBadResponse, Status: res.StatusCode, Message: message, RetryAfter: maxQueueTime, cause: err}
	}
	return err
}

// read reads a body in steps of memory that it reserves before, each in one piece: a buffer that doubles would take up
// to three times as much.
func (a *answer) read(ctx context.Context, res *http.Response) error {
	for _, size := range []int{tinySize, smallSize, mediumSize, maxResponse} {
		if res.ContentLength > int64(size) {
			continue
		}
		if err := a.reserve(ctx, size); err != nil {
			return err
		}
		room := size
		if res.ContentLength > 0 { // no body is longer: the transport sees to that
			room = int(res.ContentLength)
		}
		// One byte more shows whether the body is longer.
		a.body = append(make([]byte, 0, room+1), a.body...)
		for len(a.body) < cap(a.body) {
			n, err := res.Body.Read(a.body[len(a.body):cap(a.body)])
			a.body = a.body[:len(a.body)+n]
			if err == io.EOF {
				return a.measure(ctx)
			}
			if err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("%w: larger than 8 MiB", ErrTooLarge)
}

// measure reserves what a body takes when it is decoded.
func (a *answer) measure(ctx context.Context) (err error) {
	if !utf8.Valid(a.body) { // decoding would make it up to three times as long
		a.body = bytes.ToValidUTF8(a.body, []byte("?"))
	}
	if a.size, err = sizeOf(a.body); err != nil {
		return err
	}
	return a.reserve(ctx, a.size)
}

// sizeOf returns the approximate size of a response before anything is decoded: a small body can have millions of
// entries. It fails for a size above largeSize, or if the body is nested too deeply.
func sizeOf(body []byte) (int, error) {
	size := len(body)
	if text := bytes.TrimLeft(body, " \t\r\n"); len(text) == 0 || text[0] != '{' && text[0] != '[' {
		return size, nil // a single value, or no JSON
	}
	depth := 0
	var lists uint64 // the lowest bit is 1 in a list and 0 in an object; the next ones are for the values around it
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '"':
			for i++; i < len(body) && body[i] != '"'; i++ {
				if body[i] == '\\' {
					i++
				}
			}
			continue
		case 'n':
			if lists&1 == 1 {
				size += objectSize
			}
			continue
		case '{', '[':
			if lists&1 == 1 {
				size += objectSize
			}
			depth++
			lists <<= 1
			if body[i] == '[' {
				lists |= 1
			}
		case '}', ']':
			depth--
			lists >>= 1
			continue
		case ',':
		default:
			continue
		}
		// A value begins.
		if lists&1 == 1 {
			size += entrySize
		} else {
			size += memberSize
		}
		switch {
		case depth > maxDepth:
			return 0, fmt.Errorf("%w: nested too deeply", ErrTooLarge)
		case size > largeSize:
			return 0, fmt.Errorf("%w: too many entries", ErrTooLarge)
		}
	}
	return size, nil
}

// errQueueFull means that there was no room for maxQueueTime.
var errQueueFull = errors.New("the queue is full")

// acquire waits for a slot. It returns errQueueFull or the error of the context.
func acquire(ctx context.Context, slots chan struct{}) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	select {
	case slots <- struct{}{}:
		return nil
	case <-time.After(maxQueueTime):
		return errQueueFull
	case <-ctx.Done():
		return ctx.Err()
	}
}
