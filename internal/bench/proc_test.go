package main

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

func TestProcessorTimes(t *testing.T) {
	t.Parallel()
	stat := "7 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 150 25 30 4 20 0"
	own, children, err := processorTimes(stat)
	if err != nil || own != 1750*time.Millisecond || children != 340*time.Millisecond {
		t.Error(own, children, err)
	}
	for _, bad := range []string{"", "7 (a) S 1 2", strings.Replace(stat, "25", "x", 1)} {
		if _, _, err := processorTimes(bad); err == nil {
			t.Errorf("no error for %q", bad)
		}
	}
}

func TestParseMemory(t *testing.T) {
	t.Parallel()
	status := "Name:\tx\nVmHWM:\t  9000 kB\nVmRSS:\t  2000 kB\nRssAnon:\t  1000 kB\nRssFile:\t 1000 kB\n"
	if got, err := parseMemory(status); err != nil || got != (memory{2.048, 1.024}) {
		t.Error(got, err)
	}
	for _, bad := range []string{"", "\nVmRSS:\t 1 kB\n", "\nVmRSS:\t 1 MB\nRssAnon:\t 1 kB\n", strings.Replace(status, "1000", "x", 1)} {
		if got, err := parseMemory(bad); err == nil {
			t.Errorf("%q: %v", bad, got)
		}
	}
}

// TestUsage: others used what neither this process nor its children did. Idle time and waiting for a disk don't count.
func TestUsage(t *testing.T) {
	t.Parallel()
	stat := func(user, idle int) string {
		return fmt.Sprintf("cpu  %d 0 100 %d 50 0 0 20 0 0\ncpu0 1 1\n", user, idle)
	}
	at := time.Now()
	var moments [2]usage
	for i, text := range []string{stat(1000, 5000), stat(1600, 9000)} {
		busy, err := busyTime(text)
		if err != nil {
			t.Fatal(err)
		}
		moments[i] = usage{at: at.Add(time.Duration(i) * 10 * time.Second), all: busy}
	}
	moments[1].this, moments[1].children = time.Second, 3*time.Second
	others, this := moments[1].since(moments[0], 2)
	if math.Abs(others-0.1) > 1e-9 || math.Abs(this-0.05) > 1e-9 {
		t.Error(others, this)
	}
	if others, this := moments[0].since(moments[0], 2); others != 0 || this != 0 {
		t.Error(others, this)
	}
	moments[1].children = time.Hour // ended now, but used before
	if others, _ := moments[1].since(moments[0], 2); others != 0 {
		t.Error(others)
	}
	for _, bad := range []string{"", "cpu0 1 2 3 4 5 6 7 8 9", "cpu 1 2 3", "cpu 1 x 3 4 5 6 7 8 9"} {
		if got, err := busyTime(bad); err == nil {
			t.Errorf("%q: %v", bad, got)
		}
	}
}

func TestCounter(t *testing.T) {
	t.Parallel()
	page := "# TYPE made counter\nmade_total 3\nmade 1.5e+06\nbad x\n"
	if got, err := counter(page, "made"); err != nil || got != 1.5e6 {
		t.Error(got, err)
	}
	for _, name := range []string{"mad", "bad", "other"} {
		if got, err := counter(page, name); err == nil {
			t.Errorf("%s: %v", name, got)
		}
	}
}
