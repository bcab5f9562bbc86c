package report

// Witness says what tells when a ledger was put back from a copy together with all that lies beside it, or is
// used at two places: Agent Connect's own data, which every pass reads before it sends.
type Witness string

// The witnesses.
const (
	Watching  Witness = "watching"   // the data are read
	NoSecret  Witness = "no_secret"  // they cannot be read
	NoStamps  Witness = "no_stamps"  // they cannot tell who has sent what
	NotNeeded Witness = "not_needed" // the stand-ins of the sandbox ask nobody
)

// String says in a few words what is so.
func (w Witness) String() string {
	switch w {
	case Watching:
		return "Agent Connect's data, asked by each pass before it sends"
	case NotNeeded:
		return "none needed: the sandbox asks nobody"
	}
	return "none: a ledger that is put back with its fence, or used twice, would ask again"
}

// Warning says what is at stake, and how to get a witness; empty where there is one.
func (w Witness) Warning() string {
	if w.Todo() == "" {
		return ""
	}
	return "without Agent Connect's data nothing tells when the ledger is put back from a copy together " +
		"with its fence, or used on two machines, and people would be asked again: " + w.Todo()
}

// Todo says how to get a witness; empty where there is one.
func (w Witness) Todo() string {
	switch w {
	case NoSecret:
		return doSetSecret
	case NoStamps:
		return doStamp
	}
	return ""
}

// signal is what status shows.
func (w Witness) signal() Signal {
	signal := Signal{Name: "witness", Level: SignalOK, Text: w.String(), Todo: w.Todo()}
	if signal.Todo != "" {
		signal.Level = SignalLook
	}
	return signal
}
