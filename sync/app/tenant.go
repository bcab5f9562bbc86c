package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/config"
	"acsync/sync/dryrun"
	"acsync/sync/report"
	"acsync/sync/sandbox"
	"acsync/sync/verify"
)

// tenant is what a command line points at: a configuration, and with --sandbox the stand-ins behind it.
type tenant struct {
	config  config.Config
	name    string           // for headings: the organisation, or "sandbox"
	sandbox *sandbox.Sandbox // nil for the real services
}

// begin gives a command what it needs before all else: where it shows things, and for whom it works.
func (s *shell) begin(c *cli.Context) (terminal, *tenant, error) {
	shown, err := s.terminal(c)
	if err != nil {
		return shown, nil, err
	}
	t, err := s.tenant(c)
	return shown, t, err
}

// tenant reads the configuration; with --sandbox it starts the stand-ins and points the configuration at them. The
// file is then read only if the command line names one.
func (s *shell) tenant(c *cli.Context) (*tenant, error) {
	if c.String(flagConfig) == "" {
		return nil, usagef("--%s is empty; name the file (is a variable of your shell not set?)", flagConfig)
	}
	if !c.Bool(flagSandbox) {
		cfg, err := load(config.Source{Path: c.String(flagConfig), Env: s.env})
		return &tenant{config: cfg, name: cfg.Kustomer.Org}, err
	}
	stand, err := sandbox.Start(sandbox.Options{Now: s.app.Now})
	if err != nil {
		return nil, err
	}
	source := config.Source{Env: s.env, Override: func(cfg *config.Config) { pointAt(cfg, stand) }}
	if c.IsSet(flagConfig) {
		source.Path = c.String(flagConfig)
	}
	t := &tenant{name: "sandbox", sandbox: stand}
	if t.config, err = load(source); err != nil {
		return nil, errors.Join(err, t.close())
	}
	if t.config.Ledger.Path, err = s.sandboxLedger(); err != nil {
		return nil, errors.Join(err, t.close())
	}
	return t, nil
}

func (t *tenant) close() error {
	if t == nil || t.sandbox == nil {
		return nil
	}
	return t.sandbox.Close()
}

// pointAt lets a configuration use the stand-ins, at a pace that suits a demonstration.
func pointAt(cfg *config.Config, stand *sandbox.Sandbox) {
	cfg.Kustomer.Org, cfg.Kustomer.BaseURL = stand.Org(), stand.KustomerURL()
	cfg.Kustomer.APIKey, cfg.Kustomer.APIKeyFile = config.NewSecret(stand.KustomerKey()), ""
	cfg.Kustomer.RequestsPerMinute, cfg.Kustomer.SearchesPerMinute = 6000, 3000
	cfg.AgentConnect.Subdomain, cfg.AgentConnect.BaseURL = "", stand.AgentConnectURL()
	cfg.AgentConnect.APIKey, cfg.AgentConnect.APIKeyFile = config.NewSecret(stand.AgentConnectKey()), ""
	cfg.AgentConnect.APISecret, cfg.AgentConnect.APISecretFile = config.Secret{}, ""
	if cfg.Filters.RequireActiveProfile {
		cfg.AgentConnect.APISecret = config.NewSecret(stand.AgentConnectSecret())
	}
	cfg.AgentConnect.RequestsPerMinute = 4500
}

// remembers tells whether Agent Connect's data can be asked what became of a request. The stand-ins behind --sandbox forget
// with the process what they took, so that their data prove nothing to the next.
func (t *tenant) remembers() bool { return t.sandbox == nil && t.config.AgentConnect.APISecret.IsSet() }

// witness says what tells when the ledger is not the newest, apart from the files beside it.
func (t *tenant) witness() report.Witness {
	switch {
	case t.sandbox != nil:
		return report.NotNeeded
	case !t.config.AgentConnect.APISecret.IsSet():
		return report.NoSecret
	case !t.config.AgentConnect.Stamp:
		return report.NoStamps
	}
	return report.Watching
}

// verification is how Agent Connect's data are asked about what is in doubt.
func (t *tenant) verification(c *clients) verify.Verification {
	settings := t.config.AgentConnect
	return verify.Verification{Receiver: c.connect, After: time.Duration(settings.VerifyAfter), Stamped: settings.Stamp}
}

// sandboxLedger is the path of the stand-ins' own ledger, in the user's cache directory.
func (s *shell) sandboxLedger() (string, error) {
	cache := s.lookup("XDG_CACHE_HOME")
	if cache == "" || runtime.GOOS != "linux" {
		var err error
		if cache, err = os.UserCacheDir(); err != nil {
			return "", fmt.Errorf("find a place for the sandbox's ledger: %w; set HOME or XDG_CACHE_HOME", err)
		}
	}
	return filepath.Join(cache, "acsync", "sandbox.db"), nil
}

// open opens the tenant's ledger, with what its configuration says of it.
func (t *tenant) open(o bolt.Options) (*bolt.Ledger, error) {
	return bolt.Open(t.config.Ledger.Path, t.openOptions(o))
}

// openOptions adds to options what the configuration says of the ledger.
func (t *tenant) openOptions(o bolt.Options) bolt.Options {
	o.AllowNetwork, o.Tenant = t.config.Ledger.AllowNetwork, t.config.Accounts()
	o.Credential = t.config.AgentConnect.APIKey.Reveal()
	return o
}

// createOptions are what the configuration says of a ledger that is made.
func createOptions(cfg config.Config) bolt.Options {
	o := bolt.Options{AllowNetwork: cfg.Ledger.AllowNetwork, Identity: store.Identity(cfg.Sync.SurveyPer)}
	if cfg.Ready() == nil {
		o.Tenant = cfg.Accounts() // otherwise they may still change, and the first pass binds the ledger
	}
	return o
}

// ledger opens the tenant's ledger. The stand-ins' own is created when it is missing; a real one never is.
func (t *tenant) ledger() (*bolt.Ledger, error) {
	ledger, err := t.open(bolt.Options{})
	if t.sandbox == nil || !errors.Is(err, store.ErrMissing) {
		return ledger, err
	}
	if err := os.MkdirAll(filepath.Dir(t.config.Ledger.Path), 0o700); err != nil {
		return nil, fmt.Errorf("make a place for the sandbox's ledger: %w", err)
	}
	if err := bolt.Create(t.config.Ledger.Path, t.sandbox.Start(), createOptions(t.config)); err != nil {
		return nil, err
	}
	if ledger, err = t.open(bolt.Options{}); err != nil {
		return nil, err
	}
	if err := ledger.Commit(store.Batch{Entries: t.remembered()}); err != nil {
		return nil, errors.Join(err, ledger.Close())
	}
	return ledger, nil
}

// readLedger opens the ledger for reading alone. Where the stand-ins' own is missing, it is what that would hold.
func (t *tenant) readLedger() (dryrun.ReadLedger, func() error, error) {
	ledger, err := t.open(bolt.Options{ReadOnly: true})
	if t.sandbox != nil && errors.Is(err, store.ErrMissing) {
		return dryrun.None{Start: t.sandbox.Start(), Known: t.remembered()}, func() error { return nil }, nil
	}
	if err != nil {
		return nil, nil, err
	}
	return ledger, ledger.Close, nil
}

// remembered is what a new sandbox's ledger holds: a few conversations that an earlier pass is to have sent, so that
// the first one shows also what "already sent" looks like.
func (t *tenant) remembered() []store.Entry {
	var entries []store.Entry
	for _, earlier := range t.sandbox.Earlier() {
		entries = append(entries, store.Entry{
			Key: store.Key{Conversation: earlier.ID},
			Record: store.Record{
				State: store.Accepted, Resolution: earlier.Resolution, At: earlier.Resolution.Add(10 * time.Minute),
				Status: 200, Attempts: 1,
			},
		})
	}
	return entries
}
