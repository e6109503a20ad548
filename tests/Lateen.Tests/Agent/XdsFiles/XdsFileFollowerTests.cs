using Lateen.Agent.XdsFiles;
using Lateen.Tests.Proxy;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Agent.XdsFiles;

/// <summary>A plain proxy from a file, over loopback.</summary>
public sealed class XdsFileFollowerTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public async Task File_Changed_ChangesWhatIsServed()
    {
        await using ProxyBed bed = new();
        XdsFileFollower follower = new(_path, bed.Server, () => { }, TimeProvider.System, NullLogger.Instance);

        Write("first");
        follower.Poll();
        bed.Server.IsReady.ShouldBeTrue();
        (await Ask(bed)).ShouldEndWith("first");

        Write("the second");
        follower.Poll();
        (await Ask(bed)).ShouldEndWith("the second");
    }

    [Fact]
    public async Task File_BrokenByAChange_KeepsWhatIsServed()
    {
        await using ProxyBed bed = new();
        XdsFileFollower follower = new(_path, bed.Server, () => { }, TimeProvider.System, NullLogger.Instance);
        Write("good");
        follower.Poll();

        File.WriteAllText(_path, "static_resources: [");
        follower.Poll();

        (await Ask(bed)).ShouldEndWith("good");
    }

    private static Task<string> Ask(ProxyBed bed) =>
        ProxyBed.Exchange(bed.At("l"), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", _ => false);

    private void Write(string body) => File.WriteAllText(_path, $$$"""
        static_resources:
          listeners:
          - name: l
            address: {socket_address: {address: 127.0.0.1, port_value: 0}}
            filter_chains:
            - filters:
              - name: envoy.filters.network.http_connection_manager
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                  stat_prefix: l
                  route_config:
                    name: r
                    virtual_hosts:
                    - {name: all, domains: ["*"], routes: [{match: {prefix: /}, direct_response: {status: 200, body: {inline_string: "{{{body}}}"} } }] }
                  http_filters:
                  - name: envoy.filters.http.router
                    typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
        """);
}
