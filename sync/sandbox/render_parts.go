package sandbox

// done is firstDone or lastDone. Its times are milliseconds (observed).
type done struct {
	CreatedAt             any            `json:"createdAt"`
	CreatedBy             any            `json:"createdBy"`
	CreatedByTeams        []string       `json:"createdByTeams"`
	AssignedUsers         []string       `json:"assignedUsers"`
	AssignedTeams         []string       `json:"assignedTeams"`
	Time                  int64          `json:"time"`
	BusinessTime          int64          `json:"businessTime"`
	NoteCount             int            `json:"noteCount"`
	MessageCount          int            `json:"messageCount"`
	MessageCountByChannel map[string]int `json:"messageCountByChannel,omitempty"`
	OutboundMessageCount  int            `json:"outboundMessageCount"`
	LastMessageDirection  string         `json:"lastMessageDirection"`
}

// message is firstMessageIn, lastMessageIn or lastMessageOut; {} when there is none.
type message struct {
	ID            string       `json:"id,omitempty"`
	SentAt        any          `json:"sentAt,omitempty"`
	CreatedAt     any          `json:"createdAt,omitempty"`
	CreatedBy     any          `json:"createdBy,omitempty"`
	DirectionType string       `json:"directionType,omitempty"`
	Channel       any          `json:"channel,omitempty"`
	Meta          *messageMeta `json:"meta,omitempty"`
}

// messageMeta is what a message's head says. To comes as a string, an object or an array (observed).
type messageMeta struct {
	Subject any    `json:"subject"`
	From    string `json:"from"`
	To      any    `json:"to"`
}

type statusTime struct {
	StatusAt any `json:"statusAt"`
}

type satisfaction struct {
	SentByTeams []string `json:"sentByTeams"`
	Answers     []string `json:"answers"`
}

type sentiment struct {
	Polarity   int     `json:"polarity"`
	Confidence float64 `json:"confidence"`
}

type modified struct {
	StatusAt        any `json:"statusAt"`
	AssignedUsersAt any `json:"assignedUsersAt"`
	TagsAt          any `json:"tagsAt"`
	NameAt          any `json:"nameAt"`
}

type counts struct {
	All     int `json:"all"`
	Snoozed int `json:"snoozed"`
	Open    int `json:"open"`
	Done    int `json:"done"`
}
