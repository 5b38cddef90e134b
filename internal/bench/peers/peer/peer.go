// Package peer holds what the servers have in common that opentrain-mcp is compared with.
package peer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"runtime"
)

// Paths of the API.
const (
	JobsPath = "/api/public/v1/jobs/mine?limit=10"
	JobPath  = "/api/public/v1/jobs/"
)

// Arguments are the arguments of list_jobs.
type Arguments struct {
	Status string `json:"status,omitempty"`
	Limit  int    `json:"limit,omitempty"`
	Cursor string `json:"cursor,omitempty"`
}

// Jobs is what the API answers.
type Jobs struct {
	Jobs       []Job   `json:"jobs"`
	NextCursor *string `json:"nextCursor"`
}

// Job is one of the account's own jobs.
type Job struct {
	ID                  string `json:"id"`
	Title               string `json:"title"`
	Status              string `json:"status"`
	Published           bool   `json:"published"`
	AcceptingApplicants bool   `json:"acceptingApplicants"`
	CreatedAt           string `json:"createdAt"`
	UpdatedAt           string `json:"updatedAt"`
	JobURL              string `json:"jobUrl"`
	ProposalCounts      Counts `json:"proposalCounts"`
}

// Counts counts the proposals for a job.
type Counts struct {
	Total      int `json:"total"`
	Unreviewed int `json:"unreviewed"`
}

// URL is the address of a path of the API.
func URL(path string) string { return os.Getenv("OPENTRAIN_API_BASE_URL") + path }

// Authorization is the caller's header, or else that of the token in the environment.
func Authorization(caller http.Header) string {
	return cmp.Or(caller.Get("Authorization"), "Bearer "+os.Getenv("OT_API_TOKEN"))
}

// Transport keeps a connection for each of many callers.
func Transport() *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	return transport
}

// Get reads an address of the API.
func Get(ctx context.Context, client *http.Client, url, authorization string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", authorization)
	answer, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the API answered %s", answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// Serve runs "stdio" or "http ADDRESS", as the arguments say. Beside /mcp, it serves the counts of allocations, under
// the names that Prometheus has for them.
func Serve(stdio func() error, mcp http.Handler) {
	err := errors.New("usage: stdio | http ADDRESS")
	switch {
	case len(os.Args) == 2 && os.Args[1] == "stdio":
		err = stdio()
	case len(os.Args) == 3 && os.Args[1] == "http":
		mux := http.NewServeMux()
		mux.Handle("/mcp", mcp)
		mux.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) {
			var memory runtime.MemStats
			runtime.ReadMemStats(&memory)
			fmt.Fprintf(w, "go_memstats_mallocs_total %d\ngo_memstats_alloc_bytes_total %d\n", memory.Mallocs, memory.TotalAlloc)
		})
		err = http.ListenAndServe(os.Args[2], mux)
	}
	if err != nil {
		log.Fatal(err)
	}
}
