package main

import (
	"errors"
	"slices"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0},
		{[]float64{7}, 7},
		{[]float64{9, 1, 5}, 5},
		{[]float64{4, 1, 3, 100}, 3.5},
	} {
		given := slices.Clone(test.values)
		if got := median(given); got != test.want || !slices.Equal(given, test.values) {
			t.Errorf("%v: %v, want %v; afterwards %v", test.values, got, test.want, given)
		}
	}
	if got := median([]time.Duration{3 * time.Second, time.Second}); got != 2*time.Second {
		t.Error(got)
	}
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	hundred := make([]int, 100)
	for i := range hundred {
		hundred[i] = i + 1
	}
	for _, test := range []struct {
		values  []int
		percent float64
		want    int
	}{
		{hundred, 50, 50}, {hundred, 99, 99}, {hundred, 100, 100}, {hundred, 0, 1}, {hundred, 98.5, 99},
		{[]int{3}, 99, 3}, {[]int{1, 2, 3}, 50, 2}, {[]int{1, 2, 3}, 99, 3},
	} {
		if got := percentile(test.values, test.percent); got != test.want {
			t.Errorf("%v %% of %d values: %d, want %d", test.percent, len(test.values), got, test.want)
		}
	}
}

// TestRatios: each round has its own ratio; a median of ratios isn't a ratio of medians.
func TestRatios(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name         string
		above, below []float64
		want         spread
	}{
		{"none", nil, []float64{1}, spread{}},
		{"one", []float64{3}, []float64{2}, spread{1.5, 1.5, 1.5, 1}},
		{"by round", []float64{10, 100, 4}, []float64{20, 100, 1}, spread{1, 0.5, 4, 3}},
		{"a round without a figure", []float64{1, 6, 2}, []float64{0, 2, 1}, spread{2.5, 2, 3, 2}},
		{"a round less", []float64{1, 2}, []float64{2}, spread{0.5, 0.5, 0.5, 1}},
	} {
		if got := spreadOf(ratios(test.above, test.below)); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}

func TestJoin(t *testing.T) {
	t.Parallel()
	failure := errors.New("failed")
	all, err := join([][]time.Duration{{3, 1}, nil, {2}}, []error{nil, failure, nil})
	if !slices.Equal(all, []time.Duration{3, 1, 2}) || !errors.Is(err, failure) {
		t.Error(all, err)
	}
}
