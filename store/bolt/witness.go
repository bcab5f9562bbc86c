package bolt

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"acsync/sync/exit"
)

const witnessSuffix = ".witness" // behind the id of the ledger

// testimony is what a witness says: the fence once more, and which ledger it stands for.
type testimony struct {
	fence
	Name string `json:"witness"` // random, in hexadecimal; tells witnesses of one ledger from each other
	Path string `json:"path"`    // of the ledger, without links
}

func parseTestimony(b []byte) (t testimony, ok bool) {
	err := json.Unmarshal(b, &t)
	name, unnamed := hex.DecodeString(t.Name)
	return t, err == nil && unnamed == nil && len(name) == nameBytes && t.Ledger != "" && t.Transaction != 0
}

// witness is the file outside of the ledger's folder that says what the fence says, and is not put back with
// the folder.
type witness struct {
	required bool
	dir      string // without links; empty: there is none
	file     string // its path, when the ledger is known
	ledger   string // path of the ledger, without links

	found    bool
	spoilt   bool      // it is there, and says nothing that can be understood
	content  []byte    // as it was read
	needed   bool      // the ledger is repaired, and refused until the witness says what the ledger does
	vanished bool      // it was kept there before, and is gone
	begins   bool      // it was never kept there, and is from the next opening for writing on
	others   bool      // it is not there, and those of others are elsewhere
	said     testimony // what it said when the ledger was opened, or has been made to say since
	mute     error     // why it cannot be written; nil: it can
	lacking  string    // see store.Placement
}

func newWitness(p Place, ledger string) witness {
	if p.Witness == "" {
		return witness{lacking: p.Without}
	}
	dir, err := realPath(p.Witness)
	w := witness{required: p.Required, dir: dir, ledger: ledger}
	if err != nil {
		w.dir = p.Witness
		w.fallSilent(err)
	}
	return w
}

// speaks reports whether the witness is kept up to date.
func (w *witness) speaks() bool { return w.found && w.mute == nil }

func (w *witness) fallSilent(why error) {
	w.begins = false
	w.mute, w.lacking = why, fmt.Sprintf("%s cannot be written: %v", w.dir, cause(why))
}

// read reads what the witness says. Gone is why nothing may be sent without it, when it is not there. Whoever
// only reads the ledger may be another user than the one who makes the passes: what he may not do with the
// witness refuses nobody.
func (w *witness) read(m *meta, readOnly bool) (gone, err error) {
	if w.dir == "" {
		return nil, nil
	}
	w.file = filepath.Join(w.dir, m.id()+witnessSuffix)
	w.content, err = readSmall(w.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return w.missing(m, readOnly), nil
	case errors.Is(err, errNoFile):
		w.fallSilent(err) // what others have put there is not replaced
	case err != nil:
		return w.unusable(err, readOnly), nil
	}
	if w.said, w.found = parseTestimony(w.content); !w.found {
		w.spoilt = true
		return nil, rolledBack("its witness %s cannot be read", w.file)
	}
	w.lacking = w.tooNear()
	if err := writableDir(w.dir, !w.required); err != nil && !readOnly {
		return w.unusable(err, readOnly), nil
	}
	return nil, nil
}

// unusable is why nothing may be sent while the witness cannot be written, or read.
func (w *witness) unusable(why error, readOnly bool) error {
	w.fallSilent(why)
	if readOnly && errors.Is(why, fs.ErrPermission) {
		w.lacking = fmt.Sprintf("this user may not use %s", w.dir)
		return nil
	}
	return w.unkept(why)
}

// tooNear says why the witness tells little where it lies; empty where it is well placed.
func (w *witness) tooNear() string {
	if !inside(w.dir, filepath.Dir(w.ledger)) {
		return ""
	}
	return w.file + " lies in the folder of the ledger, and is put back with it"
}

// inside reports whether a directory is, or lies in, another one.
func inside(dir, other string) bool {
	path, err := filepath.Rel(other, dir)
	return err == nil && path != ".." && !strings.HasPrefix(path, ".."+string(filepath.Separator))
}

// missing says what it means that the witness is not there, and returns why nothing may be sent then.
func (w *witness) missing(m *meta, readOnly bool) error {
	list := readSeals(m)
	known := slices.ContainsFunc(list, func(s seal) bool { return s.dir == w.dirHash(m) })
	unwritable := writableDir(w.dir, !w.required)
	switch {
	case known && w.required:
		w.lacking = w.file + " is not there any more"
		return fmt.Errorf("%w: its witness %s is missing", errUnwitnessed, w.file)
	case unwritable != nil:
		return w.unusable(unwritable, readOnly)
	case known:
		w.vanished = true
		w.lacking = w.file + " has vanished since the last pass, and the next one begins it anew"
	case len(list) > 0:
		w.others = true
	default:
		w.lacking, w.begins = w.file+" is not there yet; the next pass begins it", w.tooNear() == ""
	}
	return nil
}

// unkept is the error of a witness that must be kept and cannot be; nil where it need not be.
func (w *witness) unkept(why error) error {
	switch {
	case w.needed:
		return exit.Advise(exit.New(exit.Usage, fmt.Sprintf("its witness %s cannot be written: %v. Until it is, "+
			"it refuses the ledger, whatever is repaired", w.file, cause(why))),
			"let this user write there, or name another directory (ledger.witness)", "move")
	case !w.required:
		return nil
	}
	return exit.Advise(
		exit.New(exit.Usage, fmt.Sprintf("the witness of the ledger cannot be kept in %s: %v", w.dir, cause(why))),
		"is its disk mounted? Make the directory, and let this user write there, or name another one "+
			"(ledger.witness)", "move")
}

// holds compares the ledger with what the witness says. One that is behind is harmless: others have used the
// ledger since, with a witness of their own, or without any. But what it bears must be of the ledger's past.
func (w *witness) holds(m *meta, now self) error {
	if !w.found {
		return nil
	}
	name := "its witness " + w.file
	if w.said.Path != w.ledger {
		name += ", which knew it as " + w.said.Path + ","
	}
	return w.said.holds(now, name, append(w.sealed(m), now.Opening, now.over)...)
}

// sealed are the openings that the ledger remembers the witness to bear.
func (w *witness) sealed(m *meta) (openings []string) {
	for _, s := range readSeals(m) {
		if hex.EncodeToString(s.name[:]) == w.said.Name {
			openings = append(openings, hex.EncodeToString(s.opening[:]), hex.EncodeToString(s.over[:]))
		}
	}
	return openings
}

// refuses reports whether the witness, as it is, would refuse the ledger even after a repair.
func (w *witness) refuses(m *meta, now self) bool {
	now.distrusted = false
	return w.spoilt || w.found && w.said.fence.holds(now, "", w.sealed(m)...) != nil
}

// prepare makes sure that the witness can be written, before anything changes.
func (w *witness) prepare() error {
	if w.dir == "" {
		return nil
	}
	err := w.mute
	if err == nil && !w.required {
		err = MakeDir(w.dir, 0o700)
	}
	if err == nil {
		err = roomIn(w.dir)
	}
	// To write what it says already shows most surely that it can be written.
	if err == nil && w.needed {
		err = replace(w.ledger, w.file, w.content, false)
	}
	if err != nil {
		w.fallSilent(err)
		return w.unkept(err)
	}
	return nil
}

// begin makes a witness that is not there yet, of the ledger as it is: killed right after, it holds for it.
func (w *witness) begin(now fence) error {
	if w.dir == "" || w.mute != nil || w.found {
		return nil
	}
	name := make([]byte, nameBytes)
	rand.Read(name) // never fails (documented)
	w.said.Name, w.found, w.lacking, w.begins = hex.EncodeToString(name), true, w.tooNear(), false
	if w.vanished {
		w.lacking = w.file + " had vanished since the last pass, and was begun anew"
	}
	return w.write(now)
}

// bind makes the ledger remember what the witness bears, and is to bear from now on.
func (w *witness) bind(m *meta, opening []byte) {
	if !w.speaks() {
		return
	}
	s := seal{dir: w.dirHash(m), opening: [openingBytes]byte(opening)}
	name, _ := hex.DecodeString(w.said.Name) // parseTestimony and begin have seen to it
	copy(s.name[:], name)
	over, _ := hex.DecodeString(w.said.Opening) // what is none is never met
	copy(s.over[:], over)
	list := slices.DeleteFunc(readSeals(m), func(o seal) bool { return o.name == s.name || o.dir == s.dir })
	writeSeals(m, append(list, s))
}

func (w *witness) dirHash(m *meta) [placeBytes]byte { return [placeBytes]byte(placeHash(m, w.dir)) }

// write makes the witness say what the fence says. One that need not be kept falls silent when that fails: it
// is behind from then on, which is harmless.
func (w *witness) write(f fence) error {
	if !w.speaks() || w.said.fence == f && w.said.Path == w.ledger {
		return nil
	}
	t := testimony{fence: f, Name: w.said.Name, Path: w.ledger}
	b, err := json.Marshal(t)
	if err == nil {
		err = replace(w.ledger, w.file, append(b, '\n'), true)
	}
	if err != nil {
		w.fallSilent(err)
		return w.unkept(err)
	}
	w.said, w.needed = t, false
	return nil
}

const (
	nameBytes = 8
	sealBytes = nameBytes + placeBytes + 2*openingBytes
	// mostSeals is how many witnesses a ledger remembers, the last used. More are hardly ever in use: there is
	// one for each user who has written to the ledger.
	mostSeals = 32
)

// seal is what a ledger remembers of one of its witnesses: the opening that it bears, whoever else has opened
// the ledger since.
type seal struct {
	name    [nameBytes]byte
	dir     [placeBytes]byte // hash of its directory, to miss it there
	opening [openingBytes]byte
	over    [openingBytes]byte // what it bore before that
}

// parts are the fields of a seal as they are kept, one behind the other.
func (s *seal) parts() [][]byte {
	return [][]byte{s.name[:], s.dir[:], s.opening[:], s.over[:]}
}

func readSeals(m *meta) (list []seal) {
	b := m.get(metaWitnesses)
	if len(b)%sealBytes != 0 {
		m.fail(damaged("what it remembers of its witnesses has %d bytes", len(b)))
		return nil
	}
	for each := range slices.Chunk(b, sealBytes) {
		var s seal
		for _, part := range s.parts() {
			each = each[copy(part, each):]
		}
		list = append(list, s)
	}
	return list
}

func writeSeals(m *meta, list []seal) {
	var b bytes.Buffer
	for _, s := range list[max(0, len(list)-mostSeals):] {
		for _, part := range s.parts() {
			b.Write(part)
		}
	}
	m.put(metaWitnesses, b.Bytes())
}

func cause(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}
