package sandbox

import (
	"fmt"
	"time"
)

// Tag is a tag of Kustomer. Conversations hold the ids.
type Tag struct {
	ID      string
	Name    string
	Deleted bool
}

const commonTags = 12 // those that plain conversations carry

var (
	tagNames = []string{
		"late-delivery", "returns", "vip", "refund", "billing", "address", "login", "damaged", "discount", "subscription",
		"praise", "escalated",
	}
	deletedTag = tagID(500)
	tagsSince  = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
)

func tagID(n int) string { return fmt.Sprintf("5849765d%016x", mix(uint64(n)+7)) }

// allTags are enough for a second page at 100 a page.
func allTags() []Tag {
	var all []Tag
	for n := range 130 {
		name := fmt.Sprintf("topic-%03d", n)
		if n < len(tagNames) {
			name = tagNames[n]
		}
		all = append(all, Tag{ID: tagID(n), Name: name})
	}
	return append(all, Tag{ID: deletedTag, Name: "summer-sale", Deleted: true})
}
