package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Tag is a tag of Kustomer. Conversations hold the ids.
type Tag struct {
	ID      string
	Name    string
	Deleted bool
}

// tagNames are the tags that plain conversations carry.
var tagNames = strings.Fields(
	"late-delivery returns vip refund billing address login damaged discount subscription praise escalated")

var (
	deletedTag = tagID(500)
	tagsSince  = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
)

func tagID(n int) string { return fmt.Sprintf("5849765d%016x", splitmix(uint64(n)+7)) }

// standardTags are the tags of every sandbox, enough for a second page at 100 a page.
func standardTags() []Tag {
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

// someTags are no tag to three tags.
func someTags(r *rng) []string {
	tags := []string{}
	for range max(0, r.n(5)-1) {
		tags = append(tags, tagID(r.n(len(tagNames))))
	}
	slices.Sort(tags)
	return slices.Compact(tags)
}
