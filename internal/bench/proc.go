package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of times in /proc: Linux has 100 a second on all machines that Go runs on.
const tick = 10 * time.Millisecond

// processorTimes are the times in /proc/PID/stat: those of the process, and those of its children that have ended.
func processorTimes(stat string) (own, children time.Duration, err error) {
	fields := strings.Fields(stat[strings.LastIndex(stat, ")")+1:]) // the name may have anything in it
	if len(fields) < 15 {
		return 0, 0, fmt.Errorf("no times in %q", stat)
	}
	var ticks [4]int64 // utime, stime, cutime, cstime
	for i := range ticks {
		if ticks[i], err = strconv.ParseInt(fields[11+i], 10, 64); err != nil {
			return 0, 0, err
		}
	}
	return time.Duration(ticks[0]+ticks[1]) * tick, time.Duration(ticks[2]+ticks[3]) * tick, nil
}

// memory is what a process holds, in MB.
type memory struct {
	resident, anonymous float64
}

// parseMemory reads /proc/PID/status.
func parseMemory(status string) (m memory, err error) {
	if m.resident, err = megabytes(status, "\nVmRSS:"); err != nil {
		return m, err
	}
	m.anonymous, err = megabytes(status, "\nRssAnon:")
	return m, err
}

func megabytes(status, name string) (float64, error) {
	_, after, _ := strings.Cut(status, name)
	fields := strings.Fields(after)
	if len(fields) < 2 || fields[1] != "kB" {
		return 0, fmt.Errorf("no %s in the status of a process", strings.TrimSpace(name))
	}
	kilobytes, err := strconv.ParseFloat(fields[0], 64)
	return kilobytes * 1024 / 1e6, err
}

// busyTime is the time in /proc/stat in which the processors weren't idle, all together. Time that a hypervisor took away
// counts.
func busyTime(stat string) (time.Duration, error) {
	line, _, _ := strings.Cut(stat, "\n")
	fields := strings.Fields(line) // cpu user nice system idle iowait irq softirq steal ...
	if len(fields) < 9 || fields[0] != "cpu" {
		return 0, fmt.Errorf("no times in %q", line)
	}
	var busy int64
	for _, i := range []int{1, 2, 3, 6, 7, 8} {
		ticks, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return 0, err
		}
		busy += ticks
	}
	return time.Duration(busy) * tick, nil
}

// usage is how much processor time was used until a moment.
type usage struct {
	at                  time.Time
	all, this, children time.Duration
}

// now reads the usage until now. Children count when they have ended.
func now() (usage, error) {
	u := usage{at: time.Now()}
	whole, err := os.ReadFile("/proc/stat")
	if err != nil {
		return u, err
	}
	self, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return u, err
	}
	if u.all, err = busyTime(string(whole)); err != nil {
		return u, err
	}
	u.this, u.children, err = processorTimes(string(self))
	return u, err
}

// since is the processor time of others and of this process since an earlier moment, as shares of all processors.
func (u usage) since(earlier usage, processors int) (others, this float64) {
	available := float64(u.at.Sub(earlier.at)) * float64(processors)
	if available <= 0 {
		return 0, 0
	}
	own := u.this - earlier.this
	rest := u.all - earlier.all - own - (u.children - earlier.children)
	return max(0, float64(rest)/available), float64(own) / available
}

// counter is a counter on a page of metrics.
func counter(page, name string) (float64, error) {
	for lines := bufio.NewScanner(strings.NewReader(page)); lines.Scan(); {
		if value, found := strings.CutPrefix(lines.Text(), name+" "); found {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, errors.New("no " + name + " in the metrics")
}
