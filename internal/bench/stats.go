package main

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"time"
)

// number is what statistics are made of.
type number interface{ ~int64 | ~float64 }

// percentile is the value that a percentage of the values don't exceed. values are sorted, and not empty.
func percentile[T cmp.Ordered](sorted []T, percent float64) T {
	return sorted[max(1, int(math.Ceil(percent/100*float64(len(sorted)))))-1]
}

// median is the middle of the values, or the mean of the two in the middle. It is 0 for none.
func median[T number](values []T) T {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// spread is a median with the least and the greatest of its values.
type spread struct {
	median, least, greatest float64
	values                  int
}

func spreadOf(values []float64) spread {
	if len(values) == 0 {
		return spread{}
	}
	return spread{median(values), slices.Min(values), slices.Max(values), len(values)}
}

// ratios are those of two servers in each round. A round without a figure for both has none.
func ratios(above, below []float64) (all []float64) {
	for i := range min(len(above), len(below)) {
		if below[i] > 0 {
			all = append(all, above[i]/below[i])
		}
	}
	return all
}

// column is one figure of all values.
func column[T any](values []T, figure func(T) float64) []float64 {
	figures := make([]float64, 0, len(values))
	for _, value := range values {
		figures = append(figures, figure(value))
	}
	return figures
}

// join puts the durations of concurrent callers together, unless one failed.
func join(durations [][]time.Duration, failures []error) ([]time.Duration, error) {
	return slices.Concat(durations...), errors.Join(failures...)
}
