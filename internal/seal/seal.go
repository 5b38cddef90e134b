// Package seal lets a server hand what it has to remember to its caller: sealed,
// so that it comes back as it was, from who got it, for what it was meant, in
// time, or not at all.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// KeySize is the size of a key, in bytes.
const KeySize = 32

// Box seals and opens. It is safe for concurrent use.
type Box struct{ ciphers []cipher.AEAD }

// New makes a Box that seals with the first key and opens with each of them, so
// that a key can be replaced while what the old one sealed is still about.
// Without keys it makes one of its own, which ends with the process.
func New(keys ...[]byte) (*Box, error) {
	if len(keys) == 0 {
		key := make([]byte, KeySize)
		rand.Read(key)
		keys = [][]byte{key}
	}
	box := &Box{}
	for _, key := range keys {
		if len(key) != KeySize {
			return nil, fmt.Errorf("a key has %d bytes, not %d", KeySize, len(key))
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}
		box.ciphers = append(box.ciphers, aead)
	}
	return box, nil
}

// Sealed is what an opened token held.
type Sealed struct {
	Data   []byte
	Issued time.Time // to the microsecond
}

// ErrInvalid is the one answer to everything that does not open: changed, of
// another purpose, of another key, or too old.
var ErrInvalid = errors.New("the token is not valid")

// Text is strict, so that no two texts are the same token.
var text = base64.RawURLEncoding.Strict()

// Seal returns a token of URL-safe characters. The purpose is not in it: who
// opens the token must name the same one.
func (b *Box) Seal(purpose []string, data []byte, now time.Time) string {
	plain := binary.BigEndian.AppendUint64(nil, uint64(now.UnixMicro())) //nolint:gosec // after 1970
	return text.EncodeToString(b.ciphers[0].Seal(nil, nil, append(plain, data...), bound(purpose)))
}

// Open opens a token that was sealed for the purpose at most lasts ago. It
// fails with ErrInvalid alone.
func (b *Box) Open(purpose []string, token string, lasts time.Duration, now time.Time) (Sealed, error) {
	sealed, err := text.DecodeString(token)
	if err != nil || strings.ContainsAny(token, "\r\n") { // which decoding passes over
		return Sealed{}, ErrInvalid
	}
	for _, aead := range b.ciphers {
		plain, err := aead.Open(nil, nil, sealed, bound(purpose))
		if err != nil || len(plain) < 8 {
			continue
		}
		issued := time.UnixMicro(int64(binary.BigEndian.Uint64(plain))) //nolint:gosec // as it was written
		if age := now.Sub(issued); age > lasts || age < -time.Minute {  // replicas' clocks differ a little
			return Sealed{}, ErrInvalid
		}
		return Sealed{Data: plain[8:], Issued: issued}, nil
	}
	return Sealed{}, ErrInvalid
}

// bound writes a purpose so that no two are the same.
func bound(purpose []string) []byte {
	var b []byte
	for _, part := range purpose {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part))) //nolint:gosec // parts are short
		b = append(b, part...)
	}
	return slices.Clip(b)
}
