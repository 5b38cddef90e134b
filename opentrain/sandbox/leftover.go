package sandbox

// requirement is a demand without a draft field.
type requirement struct {
	pattern pattern
	reason  string
}

var requirements = []requirement{
	{compile(`(?i)\b(?:start|starts|starting|begin|begins|beginning|kick-?off)\s+(?:on|in|from|by|next|this|immediately|asap|today|tomorrow)\b[^.,;\n]{0,40}`),
		"A start date fits no field."},
	{compile(`(?i)\b(?:deadline|due date|due (?:on|by)|within\s+\S{1,12}\s+(?:hours|days|weeks|months)|(?:done|finished|completed?|delivered?)\s+(?:by|within))\b[^.,;\n]{0,40}`),
		"A deadline fits no field."},
	{compile(`(?i)\bmust\s+(?:own|bring|have\s+(?:access\s+to\s+|their\s+own\s+|an?\s+|own\s+)?(?:good\s+|fast\s+|strong\s+|stable\s+)?(?:\w+\s+)?(?:gpu|laptop|computer|pc|phone|headset|headphones|microphone|webcam|internet|monitor|vpn))\b[^.,;\n]{0,40}`),
		"Required equipment fits no field."},
	{compile(`(?i)\b(?:gpu|laptop|headset|headphones|microphone|webcam|vpn)\s+(?:is\s+)?required\b`),
		"Required equipment fits no field."},
	{compile(`(?i)\b(?:background checks?|security clearance|drug tests?|on-?site (?:work|only)|at our office|over 18|at least 18|18 years or older)\b[^.,;\n]{0,30}`),
		"This condition fits no field."},
	{compile(`(?i)\b[A-Z]{2,4}\s+time\s?zone\b|\btime\s?zones?\s+(?:of|between|within)\b[^.,;\n]{0,30}`),
		"A time zone fits no field."},
}

// findUnmapped records requirements that match no field, at most three of each kind.
func (r *reader) findUnmapped() {
	for _, demand := range requirements {
		if !demand.pattern.mayMatch(r.folded) {
			continue
		}
		for _, at := range demand.pattern.FindAllStringIndex(r.text, 3) {
			r.addUnmapped(at[0], at[1], demand.reason)
		}
	}
}

var (
	mentionsNDA = compile(`(?i)\bNDAs?\b|\bnon-?disclosure\b|\bconfidential(?:ity)?\b`)
	mustSign    = compile(`(?i)\b(?:NDA|non-?disclosure agreement)s? (?:is |are |will be )?(?:required|mandatory|needed|necessary)\b|\b(?:must|have to|need to|required to) sign (?:an? |our |the )?(?:NDA|non-?disclosure|confidentiality)|\brequires? (?:an? |signing an? )?(?:NDA|non-?disclosure)`)
	noNDA       = compile(`(?i)\b(?:no|without an?) (?:NDA|non-?disclosure)|\b(?:NDA|non-?disclosure agreement) (?:is )?not (?:required|needed|necessary)\b|\bnot need (?:an? |to sign an? )?NDA\b`)
)

// findNDA sets ndaRequired if the text is clear about it, and asks if the text only mentions confidentiality.
func (r *reader) findNDA() {
	switch {
	case noNDA.in(r):
		r.fields["ndaRequired"] = false
	case mustSign.in(r):
		r.fields["ndaRequired"] = true
	default:
		r.demands.nda = mentionsNDA.in(r)
	}
}
