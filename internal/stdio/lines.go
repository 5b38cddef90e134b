package stdio

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"opentrain-mcp/internal/jsonrpc"
)

// maxLine limits one incoming message, in bytes. A description of 60,000 escaped characters takes 720 KB.
const maxLine = 4 << 20

// line is a message of the host.
type line struct {
	text    []byte
	tooLong bool
	scanned jsonrpc.IDScanner // of a message that is too long
}

func (l line) parse() (jsonrpc.Message, *jsonrpc.Error) {
	if l.tooLong {
		return jsonrpc.Message{}, &jsonrpc.Error{
			Code: jsonrpc.CodeInvalidRequest, Message: fmt.Sprintf("The message is larger than %d MiB.", maxLine>>20),
			ID: l.scanned.ID(), Silent: !l.scanned.IsRequest(),
		}
	}
	m, err := jsonrpc.Parse(l.text)
	if refused, ok := errors.AsType[*jsonrpc.Error](err); ok {
		return m, refused
	}
	return m, nil
}

// lineReader splits the input into lines that aren't blank.
type lineReader struct {
	lines chan line     // closed at the end of the input
	ended chan struct{} // closed then too, with err set
	err   error
}

// scan reads until the end of the input or of ctx.
func (r *lineReader) scan(ctx context.Context, in io.Reader) {
	defer close(r.ended)
	defer close(r.lines)
	buffered := bufio.NewReaderSize(in, 64<<10)
	for {
		next, err := readLine(buffered)
		if next.tooLong || len(bytes.TrimSpace(next.text)) > 0 {
			select {
			case r.lines <- next:
			case <-ctx.Done():
				return
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				r.err = fmt.Errorf("reading standard input: %w", err)
			}
			return
		}
	}
}

// failure returns the error that ended the input, or nil.
func (r *lineReader) failure() error {
	select {
	case <-r.ended:
		return r.err
	default:
		return nil
	}
}

// readLine reads one line. Of a line that is too long, it keeps only the id.
func readLine(in *bufio.Reader) (l line, err error) {
	for {
		part, err := in.ReadSlice('\n')
		if !l.tooLong && len(l.text)+len(part) > maxLine {
			l.tooLong = true
			l.scanned.Write(l.text) //nolint:errcheck,gosec // it returns no error
			l.text = nil
		}
		if l.tooLong {
			l.scanned.Write(part) //nolint:errcheck,gosec // it returns no error
		} else {
			l.text = append(l.text, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return l, err
		}
	}
}
