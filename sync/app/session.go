package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/config"
	"acsync/sync/exit"
	"acsync/sync/report"
	"acsync/sync/report/doc"
	"acsync/sync/sandbox"
	"acsync/sync/schedule"
	"acsync/sync/tenant"
)

// commandLine is one call of the program: its surroundings and its streams.
type commandLine struct {
	program        string           // the name that it was called by
	example        []byte           // the configuration that init writes
	now            func() time.Time // nil: this machine's clock
	env            []string
	stdin          io.Reader
	stdout, stderr io.Writer
	noColor        bool // it is said not to be in colours
	says           *voice
	member         *tenant.Member // of a folder that is loaded already; nil: none is
	drain          *drain
	success        []exit.Code // that the process ends with 0 in place of
	databases      *tenant.Databases
	// carries out another command line, of one of many tenants that are loaded already; its result is the exit
	// code
	again func(
		ctx context.Context, m tenant.Member, args []string, stdout, stderr io.Writer,
	) int
}

// clock is what the time is, for times that are given as some while ago.
func (l *commandLine) clock() time.Time {
	if l.now != nil {
		return l.now()
	}
	return time.Now()
}

func (l *commandLine) printJSON(v any) error {
	encoder := json.NewEncoder(l.stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// session is a command at work: what was asked, where it is shown, and for whom.
type session struct {
	*commandLine
	c        *cli.Context
	terminal terminal
	readOnly bool // the command only tells what is
	offline  bool // and needs no secret, so that these stay where they are kept
	tenant   *tenant.Tenant
	stand    *sandbox.Sandbox  // the stand-ins of a demonstration; else nil
	origins  map[string]string // where the keys of the configuration have come from
	warnings []string          // of loading it
	from     string            // the file of the configuration
	of       string            // the tenant of a folder, of many that a command looks at
}

// in gives a command what it needs, and takes it back when that has ended.
func in(l *commandLine, act func(*session) error) cli.ActionFunc { return inSession(l, session{}, act) }

// inPass is in for a command that makes a pass. Whatever is logged has its id, from here on.
func inPass(l *commandLine, act func(*session) error) cli.ActionFunc {
	return func(c *cli.Context) error {
		l.says.pass.Store(new(surveysync.NewPassID(time.Now())))
		return in(l, act)(c)
	}
}

// reading is in for a command that only tells what is, and does so whatever else stands in the environment.
func reading(l *commandLine, act func(*session) error) cli.ActionFunc {
	return inSession(l, session{readOnly: true}, act)
}

// offline is reading for a command that needs no secret: it works where these cannot be read.
func offline(l *commandLine, act func(*session) error) cli.ActionFunc {
	return inSession(l, session{readOnly: true, offline: true}, act)
}

func inSession(l *commandLine, like session, act func(*session) error) cli.ActionFunc {
	return func(c *cli.Context) (err error) {
		s := &session{commandLine: l, c: c, readOnly: like.readOnly, offline: like.offline}
		if s.terminal, err = newTerminal(l, c); err != nil {
			return err
		}
		if err := checkSource(c); err != nil {
			return err
		}
		s.from = c.String(flagConfig)
		if c.Bool(flagSandbox) {
			closeDemo, err := s.startDemo()
			if err != nil {
				return err
			}
			return errors.Join(act(s), closeDemo())
		}
		if err := s.load(); err != nil {
			return err
		}
		l.drain.limit(s.tenant.Config.Sync.Drain)
		return act(s)
	}
}

// checkSource refuses a command line that does not name one configuration.
func checkSource(c *cli.Context) error {
	dir, name := c.String(flagConfigDir), c.String(flagTenant)
	switch {
	case c.String(flagConfig) == "":
		return usagef("--%s is empty; name the file (is a variable of your shell not set?)", flagConfig)
	case c.IsSet(flagConfigDir) && dir == "", c.IsSet(flagTenant) && name == "":
		return usagef("--%s and --%s must not be empty (is a variable of your shell not set?)", flagConfigDir,
			flagTenant)
	case dir != "" && (c.IsSet(flagConfig) || c.Bool(flagSandbox)):
		return usagef("--%s does not go with --%s or --%s", flagConfigDir, flagConfig, flagSandbox)
	case dir != "" && name == "":
		return exit.Advise(usagef("--%s has many tenants, and this command works for one: give --%s NAME",
			flagConfigDir, flagTenant), "acsync tenants list --config-dir "+schedule.ShellWord(dir)+" shows them",
			"organisations")
	case dir == "" && name != "":
		return usagef("--%s names a tenant of --%s DIR", flagTenant, flagConfigDir)
	}
	return nil
}

// load reads the configuration, of one file or of one tenant of many.
func (s *session) load() error {
	source := s.source()
	if dir := s.c.String(flagConfigDir); dir != "" {
		folder, err := tenant.OpenFolder(dir, source, s.databases)
		if err != nil {
			return err
		}
		name := s.c.String(flagTenant)
		if err := folder.Known(name); err != nil {
			return exit.New(exit.Usage, err.Error())
		}
		s.from = config.TenantFile(folder.Dir, name)
		m := s.loaded(folder, name)
		for _, each := range m.Warnings {
			source.Warn(each)
		}
		s.tenant, s.origins = m.Tenant, m.Origins
		return m.Broken
	}
	source.Path = s.from
	cfg, err := tenant.Load(source)
	if err != nil {
		return err
	}
	s.tenant = &tenant.Tenant{Config: cfg, Name: cfg.Kustomer.Org, Env: s.env, Databases: s.databases}
	return nil
}

// loaded loads a tenant, unless that was done for many at once.
func (s *session) loaded(folder tenant.Folder, name string) tenant.Member {
	if s.commandLine.member != nil {
		return *s.commandLine.member
	}
	return folder.Load(name)
}

// source is where the configuration comes from, but for the file.
func (s *session) source() config.Source {
	log := s.terminal.logger(s.stderr)
	return config.Source{
		Env: s.env, ReadOnly: s.readOnly, Plain: s.offline, Origins: func(origins map[string]string) { s.origins = origins },
		Warn: func(text string) {
			s.warnings = append(s.warnings, text)
			// Among the findings of a check they stand by themselves.
			if s.c.Command.HelpName != "acsync check" {
				log.Warn(text)
			}
		},
	}
}

func (s *session) path() string { return s.tenant.Config.Ledger.Path }

func (s *session) connect() (*tenant.Clients, error) {
	return s.tenant.Connect(userAgent(), s.terminal.logger(s.stderr))
}

// witness says what tells when the ledger is not the newest, apart from the files beside it.
func (s *session) witness() report.Witness {
	switch {
	case s.tenant.Demo != nil, s.tenant.Rehearsal != nil:
		return report.NotNeeded
	case !s.tenant.Config.AgentConnect.APISecret.IsSet():
		return report.NoSecret
	case !s.tenant.Config.AgentConnect.Stamp:
		return report.NoStamps
	}
	return report.Watching
}

// show answers a question: with one JSON object where that was asked for, else with a text for people.
func show[T any](s *session, found T, asJSON func(io.Writer, T) error, asText func(T) doc.Doc) error {
	if s.c.Bool(flagJSON) {
		return asJSON(s.stdout, found)
	}
	return s.terminal.answer(s.stdout, asText(found))
}

// startDemo starts the stand-ins of --sandbox. The configuration file is read only if it is named.
func (s *session) startDemo() (stop func() error, err error) {
	stand, err := sandbox.Start(sandbox.Options{Now: s.now})
	if err != nil {
		return nil, err
	}
	s.stand = stand
	source := s.source()
	source.Override = func(cfg *config.Config) { pointAt(cfg, stand) }
	if s.c.IsSet(flagConfig) {
		source.Path = s.c.String(flagConfig)
	}
	s.tenant = &tenant.Tenant{
		Name: "sandbox", Databases: s.databases, Demo: &tenant.Demo{Start: stand.Start(), Known: known(stand)},
	}
	s.tenant.Config, err = tenant.Load(source)
	if err == nil {
		s.drain.limit(s.tenant.Config.Sync.Drain)
		s.tenant.Config.Ledger.URL = config.Secret{} // nobody real is asked: no database is to hold it
		s.tenant.Config.Ledger.Path, err = demoLedger(s.env)
	}
	if err != nil {
		return nil, errors.Join(err, stand.Close())
	}
	return stand.Close, nil
}

// pointAt lets a configuration use the stand-ins, at a pace that suits a demonstration.
func pointAt(cfg *config.Config, stand *sandbox.Sandbox) {
	k, a := &cfg.Kustomer, &cfg.AgentConnect
	k.Org, k.BaseURL = stand.Org(), stand.KustomerURL()
	k.APIKey, k.APIKeyFile = config.NewSecret(stand.KustomerKey()), ""
	k.RequestsPerMinute, k.SearchesPerMinute = 6000, 3000
	a.Subdomain, a.BaseURL = "", stand.AgentConnectURL()
	a.APIKey, a.APIKeyFile = config.NewSecret(stand.AgentConnectKey()), ""
	a.TestAPIKey, a.TestAPIKeyFile = config.NewSecret(stand.AgentConnectTestKey()), ""
	a.APISecret, a.APISecretFile = config.Secret{}, ""
	if cfg.Filters.RequireActiveProfile {
		a.APISecret = config.NewSecret(stand.AgentConnectSecret())
	}
	a.RequestsPerMinute = 4500
}

// demoLedger is the path of the stand-ins' own ledger, in the user's cache directory.
func demoLedger(env []string) (string, error) {
	cache, _ := config.Variable(env, "XDG_CACHE_HOME")
	if cache == "" || runtime.GOOS != "linux" {
		var err error
		if cache, err = os.UserCacheDir(); err != nil {
			return "", usagef(
				"there is no place for the sandbox's ledger: %v; set HOME or XDG_CACHE_HOME", err)
		}
	}
	return filepath.Join(cache, "acsync", "sandbox.db"), nil
}

// known is what the stand-ins' ledger holds from the beginning: a few conversations that an earlier pass is
// to have sent, so that the first one shows also what "already sent" looks like.
func known(stand *sandbox.Sandbox) (entries []store.Entry) {
	for _, earlier := range stand.Earlier() {
		entries = append(entries, store.Entry{
			Key: store.Key{Conversation: earlier.ID},
			Record: store.Record{
				State: store.Accepted, Resolution: earlier.Resolution,
				At: earlier.Resolution.Add(10 * time.Minute), Status: 200, Attempts: 1,
			},
		})
	}
	return entries
}
