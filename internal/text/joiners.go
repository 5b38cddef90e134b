package text

import (
	"iter"
	"unicode"
	"unicode/utf8"
)

const (
	nonJoiner = '\u200c' // keeps two letters apart, as in Persian words
	joiner    = '\u200d' // joins two letters or two emoji to one
	asEmoji   = '\ufe0f' // shows the symbol before it as an emoji
)

// characters yields the characters of a text, and whether people can't see each of them. They see the effect of a joiner between letters
// or emoji that it changes: without it, Persian, Hindi or a family of emoji would be another text.
func characters(s string) iter.Seq2[rune, bool] {
	return func(yield func(rune, bool) bool) {
		var before rune // 0 if it's hidden
		for i, r := range s {
			unseen := hidden(r)
			if unseen && (r == nonJoiner || r == joiner || r == asEmoji) {
				after, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
				unseen = !joins(before, r, after)
			}
			if !yield(r, unseen) {
				return
			}
			if before = r; unseen {
				before = 0
			}
		}
	}
}

// joins reports whether people see the effect of a joiner between two characters.
func joins(before, r, after rune) bool {
	switch {
	case r == asEmoji:
		return isSymbol(before)
	case hidden(after):
		return false
	case r == joiner && (isSymbol(before) || before == asEmoji):
		return isSymbol(after)
	}
	return hasJoiners(before) && hasJoiners(after)
}

// isSymbol reports whether a character may be an emoji or the color of its skin.
func isSymbol(r rune) bool {
	return r > unicode.MaxASCII && unicode.In(r, unicode.So, unicode.Sm, unicode.Sk)
}

// hasJoiners reports whether a character belongs to a script whose letters change beside a joiner (RFC 5892, appendix A.1 and A.2).
func hasJoiners(r rune) bool {
	return unicode.In(r, unicode.Arabic, unicode.Syriac, unicode.Mongolian, unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi,
		unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala,
		unicode.Myanmar, unicode.Khmer, unicode.Tibetan)
}
