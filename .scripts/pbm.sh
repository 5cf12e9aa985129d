# Sourced by the scripts that build the cluster: with pbm, unless Petabridge.Cmd, whose source is closed, does not restore.
if [ -z "${CouponAkkaPbm:-}" ] && CouponAkkaPbm=true dotnet restore "$root/src/CouponAkka.Node" --verbosity quiet >/dev/null 2>&1; then
    export CouponAkkaPbm=true
fi
