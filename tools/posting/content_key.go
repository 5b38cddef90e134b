package posting

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"time"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
)

// mark stands for content beside a draft's id.
func mark(content string) string { return base32.StdEncoding.EncodeToString([]byte(content[:10])) }

// contentOf is a hash of what a draft is made from, the same when a document's members are in another order.
func contentOf(source opentrain.DraftSource) string {
	return hash(source.Format, source.Text+source.XML+text.Canonical(source.Job)+text.Canonical(source.JSONLD), source.ExternalID)
}

func derivedKey(account, content string, now time.Time) string {
	digest := hash(account, content, now.UTC().Format(time.DateOnly))
	return "mcp-" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte(digest[:15])))
}

// hash hashes some texts, each by itself.
func hash(parts ...string) string {
	all := sha256.New()
	for _, part := range parts {
		sum := sha256.Sum256([]byte(part))
		all.Write(sum[:])
	}
	return string(all.Sum(nil))
}
