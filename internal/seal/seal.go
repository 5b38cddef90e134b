// Package seal keeps state with the caller, in an encrypted token that opens only unchanged, for its purpose,
// and until it expires.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
)

// KeySize is the size of a key, in bytes.
const KeySize = 32

// Box seals and opens tokens. It is safe for concurrent use.
type Box struct {
	ciphers []cipher.AEAD
	names   []byte // the key of names
}

// New returns a Box that seals with the first key and opens with any of them, so that tokens stay valid while
// a key is being replaced. Without keys, the Box uses a random key, and its tokens end with the process.
func New(keys ...[]byte) (*Box, error) {
	if len(keys) == 0 {
		key := make([]byte, KeySize)
		rand.Read(key)
		keys = [][]byte{key}
	}
	names, err := hkdf.Key(sha256.New, keys[0], nil, "opentrain-mcp names", KeySize)
	if err != nil {
		return nil, err
	}
	box := &Box{names: names}
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

// Sealed is the content of an opened token.
type Sealed struct {
	Data   []byte
	Issued time.Time // to the microsecond
}

// ErrInvalid means that a token was changed, has another purpose or key, or is too old. It does not tell which.
var ErrInvalid = errors.New("the token is not valid")

// Seal returns a token of URL-safe characters. It does not contain the purpose; Open needs the same one.
func (b *Box) Seal(purpose []string, data []byte, now time.Time) string {
	plain := binary.BigEndian.AppendUint64(nil, uint64(now.UnixMicro()))
	sealed := b.ciphers[0].Seal(nil, nil, append(plain, data...), encodePurpose(purpose)) //nolint:gosec // the AEAD adds a random nonce
	return base64.RawURLEncoding.EncodeToString(sealed)
}

// Open opens a token that was sealed for the same purpose, at most maxAge ago. Its only error is ErrInvalid.
func (b *Box) Open(purpose []string, token string, maxAge time.Duration, now time.Time) (Sealed, error) {
	// Strict decoding accepts one spelling of each token, but ignores line breaks.
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || strings.ContainsAny(token, "\r\n") {
		return Sealed{}, ErrInvalid
	}
	for _, aead := range b.ciphers {
		plain, err := aead.Open(nil, nil, sealed, encodePurpose(purpose))
		if err != nil || len(plain) < 8 {
			continue
		}
		issued := time.UnixMicro(int64(binary.BigEndian.Uint64(plain))) //nolint:gosec // written by Seal
		if age := now.Sub(issued); age > maxAge || age < -time.Minute { // clocks of replicas differ slightly
			return Sealed{}, ErrInvalid
		}
		return Sealed{Data: plain[8:], Issued: issued}, nil
	}
	return Sealed{}, ErrInvalid
}

// Name returns the name of something that only who has the first key can tell from others. It is a keyed hash of the parts.
func (b *Box) Name(parts ...string) string {
	mac := hmac.New(sha256.New, b.names)
	mac.Write(encodePurpose(parts))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}

// encodePurpose encodes a purpose unambiguously: every part after its length.
func encodePurpose(purpose []string) []byte {
	var b []byte
	for _, part := range purpose {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part))) //nolint:gosec // parts are short
		b = append(b, part...)
	}
	return b
}
