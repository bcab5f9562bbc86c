package store

// MaxID is the greatest length of an id, in bytes. Kustomer's have 24 (documented).
const MaxID = 1024

// Key names what is asked about at most once: a conversation, or one resolution of it; and the service
// recovery that follows up on it.
type Key struct {
	Conversation string // the Kustomer id: 24 hex digits, or any other non-empty text
	Resolution   int64  // Unix milliseconds; 0 where a conversation is asked about only once
	Recovery     bool   // the recovery, which has a record of its own beside that of the survey request
}

// Kind is how reports and the export tell recoveries from survey requests: "recovery", or empty.
func (k Key) Kind() string {
	if k.Recovery {
		return "recovery"
	}
	return ""
}
