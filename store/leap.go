package store

import "time"

// leap is how many numbers of intents a ledger passes over for each millisecond since 1970, when it goes on
// with numbers that no life before it, whose end nobody knows, can have given.
const leap = 1 << 10

// Leap is the number after which a ledger goes on that may have given more numbers than the greatest known:
// whatever it has lost, none of the following was given before.
func Leap(known uint64, now time.Time) uint64 {
	return max(known, uint64(max(now.UnixMilli(), 0))*leap)
}

// LeapedAt is when a ledger went on with the numbers after this one; UTC.
func LeapedAt(number uint64) time.Time { return time.UnixMilli(int64(number / leap)).UTC() }
