package app

import (
	"fmt"
	"math"
	"time"

	"acsync/sync/fetch"
	"acsync/sync/report"
)

// eta says how much there is to do, and how long that takes at most at the pace of Agent Connect.
func eta(e fetch.Estimate, perMinute int) string {
	about := "about"
	if e.More {
		about = "at least"
	}
	text := fmt.Sprintf("%s %s conversations", about, report.Thousands(e.Conversations))
	if e.More || e.Conversations == 0 {
		return text
	}
	minutes := math.Ceil(float64(e.Conversations) / float64(perMinute))
	return fmt.Sprintf("%s, at most %s at %d/min", text, hours(time.Duration(minutes)*time.Minute), perMinute)
}

// hours is a duration in hours and minutes.
func hours(d time.Duration) string {
	minutes := int(math.Ceil(d.Minutes()))
	if minutes < 60 {
		return fmt.Sprintf("%d min", minutes)
	}
	return fmt.Sprintf("%d h %d min", minutes/60, minutes%60)
}
