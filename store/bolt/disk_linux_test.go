package bolt

import (
	"testing"

	"acsync/store"
)

func TestNetworkKind(t *testing.T) {
	for name, c := range map[string]struct {
		kind uint32
		want error
	}{
		"ext4":  {0xEF53, nil},
		"xfs":   {0x58465342, nil},
		"btrfs": {0x9123683E, nil},
		"tmpfs": {0x01021994, nil},
		"NFS":   {0x6969, store.ErrNetwork},
		"CIFS":  {0xFF534D42, store.ErrNetwork},
		"9p":    {0x01021997, store.ErrNetwork},
		"sshfs": {0x65735546, store.ErrNetwork},
	} {
		t.Run(name, func(t *testing.T) {
			if err := networkKind(c.kind); c.want == nil && err != nil {
				t.Errorf("got %v for a local disk", err)
			} else {
				wantError(t, err, c.want)
			}
		})
	}
}
