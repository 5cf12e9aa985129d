# Sourced by the scripts that build and test everything: restores, and chooses what can be built here. Sets solution, half and why_half.
# Akka.NET, linq2db and the MySQL driver come from the public gallery; where only a part of that can be reached, the first half still builds.
# shellcheck source=pbm.sh
source "$root/.scripts/pbm.sh"
solution=CouponAkka.sln half=both why_half=""
if ! restored=$(dotnet restore CouponAkka.sln --verbosity quiet 2>&1); then
    solution=CouponAkka.Core.slnf half=first
    why_half=$(grep -oE 'error [^[]*' <<<"$restored" | sort -u | head -n 3)
    dotnet restore "$solution" --verbosity quiet || exit 1
fi
