package decide

// claim is the time at which a conversation claims to have been marked done.
func (c Candidate) claim() string {
	if c.Conversation.LastDone == nil {
		return "lastDone.createdAt cannot be read"
	}
	return "lastDone.createdAt is " + c.Conversation.LastDone.At.UTC().Format(TimeLayout)
}
