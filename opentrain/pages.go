package opentrain

import "context"

// Page is one page of a list, or a whole list that the API does not divide into pages.
type Page[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"nextCursor"` // "" on the last page
	More
}

// fetchPage fetches one page of the list that is in req.member.
func fetchPage[T any](ctx context.Context, c *Client, req request) (*Page[T], error) {
	return fetch(ctx, c, req, "list of "+req.member, func(p *Page[T]) bool { return p.Items != nil })
}
