package simtest

import (
	"path/filepath"
	"time"

	"acsync/sync/config"
	"acsync/sync/fetch"
)

// habits are how a world is set up, and what its operators do.
type habits struct {
	config  config.Config
	reach   fetch.PageLimits
	length  time.Duration // in which conversations are marked done
	every   time.Duration // about so often a pass is made
	before  time.Duration // how long before the first conversation the ledger begins
	kills   float64       // share of processes that are killed
	signals float64       // share of passes that get a SIGTERM
	fails   float64       // share of passes whose disk fails now and then
	restore bool          // somebody puts older copies back
}

func newHabits(d dice, dir string) habits {
	r := d.throw("habits", "", 0)
	c := config.Default()
	c.Kustomer.Org, c.Kustomer.BaseURL = "simulated", "http://"+kustomerHost
	c.Kustomer.APIKey = config.NewSecret(kustomerKey)
	c.Kustomer.RequestsPerMinute, c.Kustomer.SearchesPerMinute = pick(r, 120, 300, 1000), pick(r, 60, 100)
	c.AgentConnect.BaseURL, c.AgentConnect.APIKey = "http://"+receiverHost, config.NewSecret(receiverKey)
	if r.IntN(4) > 0 {
		c.AgentConnect.APISecret = config.NewSecret(dataSecret)
	}
	c.AgentConnect.RequestsPerMinute = pick(r, 5, 30, 100, 600)
	c.AgentConnect.Concurrency = pick(r, 1, 2, 4, 8)
	c.AgentConnect.Stamp = r.IntN(6) > 0
	c.Sync.Overlap = config.Duration(pick(r, 20*time.Minute, 30*time.Minute))
	c.Sync.Reread = config.Duration(pick(r, 0, 48*time.Hour, 48*time.Hour))
	c.Sync.MaxPerRun = pick(r, 5000, 5000, 5000, 4, 20)
	c.Sync.MaxErrorRate = pick(r, 1, 1, 0.25)
	c.Sync.RecheckAfter = config.Duration(pick(r, 0, time.Minute, 10*time.Minute))
	c.Sync.Delay = config.Duration(pick(r, 0, 0, 30*time.Minute, 2*time.Hour))
	c.Sync.SurveyPer = pick(r, config.SurveyPerConversation, config.SurveyPerConversation,
		config.SurveyPerResolution)
	c.Ledger.Path = filepath.Join(dir, "ledger", "acsync.db")
	c.Ledger.Machine = "simulated machine"
	if r.IntN(3) == 0 {
		c.Ledger.BackupDir = filepath.Join(dir, "backups")
	}
	h := habits{
		config: c, length: between(r, time.Hour, 5*time.Hour), every: between(r, 10*time.Minute, 50*time.Minute),
		before: between(r, time.Second, 2*time.Hour), kills: pick(r, 0, 0.25, 0.5), signals: pick(r, 0, 0.2),
		fails: pick(r, 0, 0.3), restore: r.IntN(3) == 0,
	}
	if r.IntN(3) == 0 {
		h.reach = fetch.PageLimits{Page: 5, Target: 4, Rows: 100, Pages: 20}
	}
	return h
}

// change is what an operator alters in the configuration between two passes, if anything.
func (h *habits) change(d dice, turn int) {
	r := d.throw("change", "", turn)
	switch r.IntN(12) {
	case 0:
		h.config.Sync.Delay = config.Duration(pick(r, 0, 10*time.Minute, time.Hour))
	case 1:
		h.config.Sync.MaxPerRun = pick(r, 5000, 3, 30)
	case 2:
		h.config.AgentConnect.Concurrency = pick(r, 1, 3, 8)
	case 3:
		h.config.Sync.RecheckAfter = config.Duration(pick(r, 0, 10*time.Minute))
	}
}
