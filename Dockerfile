# The programs, each a target: docker build --target standalone|node|edge -t couponakka/… .
# From a gallery of one's own: --secret id=nuget,src=$HOME/.nuget/NuGet/NuGet.Config, which stays out of every layer.
# The published images have no shell and no package manager; the programs run as the user 1654 and write nowhere but to the standalone's /data.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /src
# The nodes and edges can be looked into with pbm; --build-arg CouponAkkaPbm=false where its packages, whose source is closed, can't be had.
ARG CouponAkkaPbm=true
# What restore reads comes first: it is kept while only code changes.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY src/CouponAkka.Domain/CouponAkka.Domain.csproj src/CouponAkka.Domain/
COPY src/CouponAkka.Contracts/CouponAkka.Contracts.csproj src/CouponAkka.Contracts/
COPY src/CouponAkka.Engine/CouponAkka.Engine.csproj src/CouponAkka.Engine/
COPY src/CouponAkka.Hosting/CouponAkka.Hosting.csproj src/CouponAkka.Hosting/
COPY src/CouponAkka.Api/CouponAkka.Api.csproj src/CouponAkka.Api/
COPY src/CouponAkka.Standalone/CouponAkka.Standalone.csproj src/CouponAkka.Standalone/
COPY src/CouponAkka.Sharded/CouponAkka.Sharded.csproj src/CouponAkka.Sharded/
COPY src/CouponAkka.Node/CouponAkka.Node.csproj src/CouponAkka.Node/
COPY src/CouponAkka.Edge/CouponAkka.Edge.csproj src/CouponAkka.Edge/
RUN --mount=type=secret,id=nuget,target=/root/.nuget/NuGet/NuGet.Config \
    for program in Standalone Node Edge; do dotnet restore src/CouponAkka.$program || exit 1; done
COPY src src
# Neither is there a tag here to count from: --build-arg MinVerVersionOverride=1.2.3
ARG MinVerVersionOverride=0.0.0-source
RUN for program in Standalone Node Edge; do \
      dotnet publish src/CouponAkka.$program --no-restore --configuration Release --output /app/$program || exit 1; \
    done && mkdir /data

FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled AS base
WORKDIR /app
# Nothing to be debugged from outside, so that /tmp may be missing.
ENV DOTNET_EnableDiagnostics=0
ARG MinVerVersionOverride=0.0.0-source
LABEL org.opencontainers.image.version=$MinVerVersionOverride
LABEL org.opencontainers.image.vendor=CouponAkka org.opencontainers.image.licenses=Apache-2.0
USER 1654

FROM base AS standalone
LABEL org.opencontainers.image.title=couponakka-standalone org.opencontainers.image.description="First-come coupons in one process"
COPY --from=build /app/Standalone .
COPY --from=build --chown=1654:1654 /data /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["dotnet", "CouponAkka.Standalone.dll", "--check-health", "http://127.0.0.1:8080"]
ENTRYPOINT ["dotnet", "CouponAkka.Standalone.dll"]
CMD ["--urls", "http://0.0.0.0:8080", "--data", "/data"]

FROM base AS node
LABEL org.opencontainers.image.title=couponakka-node org.opencontainers.image.description="A node of the cluster of first-come coupons"
COPY --from=build /app/Node .
EXPOSE 8081 8110
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["dotnet", "CouponAkka.Node.dll", "--check-health", "http://127.0.0.1:8081"]
ENTRYPOINT ["dotnet", "CouponAkka.Node.dll"]
CMD ["--urls", "http://0.0.0.0:8081"]

FROM base AS edge
LABEL org.opencontainers.image.title=couponakka-edge org.opencontainers.image.description="The HTTP edge of the cluster of first-come coupons"
COPY --from=build /app/Edge .
EXPOSE 8080 8110
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["dotnet", "CouponAkka.Edge.dll", "--check-health", "http://127.0.0.1:8080"]
ENTRYPOINT ["dotnet", "CouponAkka.Edge.dll"]
CMD ["--urls", "http://0.0.0.0:8080"]
