package edge

import (
	"sync"
	"time"
)

const (
	logInterval = time.Minute
	maxSampled  = 100 // pairs of reason and address that get lines of their own
)

// Sampler keeps strangers from filling the log. Of the lines with the same reason and address, it writes the first at
// once, and then one a minute that stands for all of that minute. The zero value is ready to use.
type Sampler struct {
	mu      sync.Mutex
	samples map[sampleKey]*sample
	timer   *time.Timer // nil while there are no samples
}

type sampleKey struct{ reason, address string }

// sample is what came after the last line.
type sample struct {
	times int
	write func() // writes the latest
}

// Log calls write at once, or at the end of the minute with the number of lines that it stands for. The address is
// "others" if too many addresses have lines already. Reasons must be few.
func (s *Sampler) Log(reason, address string, write func(address string, times int)) {
	s.mu.Lock()
	key := sampleKey{reason, address}
	if s.samples[key] == nil && len(s.samples) >= maxSampled {
		key.address = "others"
	}
	known := s.samples[key]
	if known != nil {
		known.times++
		times := known.times
		known.write = func() { write(key.address, times) }
		s.mu.Unlock()
		return
	}
	if s.timer == nil {
		s.samples, s.timer = map[sampleKey]*sample{}, time.AfterFunc(logInterval, s.Flush)
	}
	s.samples[key] = &sample{}
	s.mu.Unlock()
	write(key.address, 1)
}

// Flush writes the lines that wait for the end of the minute.
func (s *Sampler) Flush() {
	s.mu.Lock()
	var writes []func()
	for key, known := range s.samples {
		if known.times == 0 {
			delete(s.samples, key)
			continue
		}
		writes = append(writes, known.write)
		*known = sample{}
	}
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	if len(s.samples) > 0 {
		s.timer = time.AfterFunc(logInterval, s.Flush)
	}
	s.mu.Unlock()
	for _, write := range writes {
		write()
	}
}
