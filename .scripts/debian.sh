# Sourced by the scripts that run programs of Debian's which the machine need not have: debian_tree SUITE TREE PACKAGE … puts the packages, with all
# the libraries that they need, into TREE and nowhere else. Takes apt-get, dpkg-deb and Debian's keyring, and no root. Who sources it has a "fail".
debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# Whether packages can be got here.
has_debian() { command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null && [ -f "$debian_keyring" ]; }

debian_tree() {
    local suite=$1 tree=$2 work archive link
    shift 2
    mkdir -p "$(dirname "$tree")"
    work=$(mktemp -d "$tree.XXXXXX")
    mkdir -p "$work"/lists/partial "$work"/archives/partial "$work/root"
    : >"$work/status"
    echo "deb [signed-by=$debian_keyring] http://deb.debian.org/debian $suite main" >"$work/sources"
    # An apt of its own, which knows of no installed package: so all libraries come along, and the machine's stay as they are.
    local apt=(apt-get --quiet --yes -o Dir::State="$work" -o Dir::State::status="$work/status" -o Dir::Cache="$work" -o Dir::Etc::sourcelist="$work/sources"
        -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferencesparts=/dev/null -o Acquire::Check-Valid-Until=false -o Acquire::Languages=none
        -o APT::Sandbox::User="$(id -un)")
    {
        "${apt[@]}" update &&
            "${apt[@]}" install --download-only --no-install-recommends "$@" &&
            for archive in "$work"/archives/*.deb; do dpkg-deb --extract "$archive" "$work/root" || exit 1; done
    } >"$tree.log" 2>&1 || { rm -rf "$work"; fail "$* could not be got from Debian's $suite: $(tail -n 1 "$tree.log"); see $tree.log"; }
    # As on a Debian: what a program or a script names by its old place is there too.
    for link in bin sbin lib lib64; do [ -e "$work/root/$link" ] || ln -s "usr/$link" "$work/root/$link"; done
    rm -rf "$work/root/usr/share"/{doc,man,perl,locale,lintian}
    # Whole or not at all; another may have been first.
    mv -T "$work/root" "$tree" 2>/dev/null || [ -d "$tree/usr" ] || fail "$* could not be put into $tree."
    rm -rf "$work"
}
