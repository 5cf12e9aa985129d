# Sourced by the scripts that build: finds the .NET SDK that global.json asks for, or says where to get it.
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
if ! (cd "$root" && dotnet --version) >/dev/null 2>&1; then
    echo "The .NET SDK 10 is needed: https://dotnet.microsoft.com/download/dotnet/10.0" >&2
    exit 1
fi
