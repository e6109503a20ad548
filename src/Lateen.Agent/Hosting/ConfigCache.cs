using System.Collections.Concurrent;
using System.Threading.Channels;
using Envoy.Service.Discovery.V3;
using Google.Protobuf;
using Lateen.Api;
using Lateen.Proxy;
using Microsoft.Extensions.Logging;

namespace Lateen.Agent.Hosting;

/// <summary>Keeps the last good configuration in a file per type, so that a restarted sidecar serves before, and without, a control plane.</summary>
/// <remarks>
/// A file holds one DiscoveryResponse with what the proxy accepted; it is replaced by rename, so a crash leaves the old or the new one. A change
/// is written a second later, with all that came meanwhile: what it costs does not grow with the number of changes.
/// Secrets are never written: keys must not lie on disk. Writing is best effort: a read-only or full disk costs the cache, not the traffic.
/// </remarks>
/// <param name="folder">Where; null: nothing is kept.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Told when a file cannot be written or read.</param>
/// <param name="onStored">Called after files were written: what was unpacked for them is garbage now.</param>
internal sealed class ConfigCache(string? folder, TimeProvider time, ILogger logger, Action? onStored = null)
{
    private static readonly string[] Types =
        [TypeUrls.Cluster, TypeUrls.ClusterLoadAssignment, TypeUrls.Listener, TypeUrls.RouteConfiguration];

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, string> _pending = new(StringComparer.Ordinal);
    private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private bool _isBroken;

    /// <summary>The proxy accepted something of a type: it is written soon. Safe from any thread.</summary>
    public void Changed(string typeUrl, string version)
    {
        if (folder is not null && Types.Contains(typeUrl))
        {
            _pending[typeUrl] = version;
            _changed.Writer.TryWrite(true);
        }
    }

    /// <summary>Writes changes until cancelled, and what is left at the end.</summary>
    public async Task RunAsync(ProxyServer proxy, CancellationToken cancellation)
    {
        try
        {
            while (await _changed.Reader.WaitToReadAsync(cancellation))
            {
                _changed.Reader.TryRead(out _);
                await Task.Delay(Pause, time, cancellation);
                Store(proxy);
                onStored?.Invoke();
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The agent ends.
        }
        Store(proxy);
    }

    private void Store(ProxyServer proxy)
    {
        foreach (var typeUrl in Types)
        {
            if (_pending.TryRemove(typeUrl, out var version) && !_isBroken)
            {
                Store(typeUrl, version, proxy);
            }
        }
    }

    private void Store(string typeUrl, string version, ProxyServer proxy)
    {
        var path = PathOf(typeUrl);
        try
        {
            Directory.CreateDirectory(folder!);
            using (var file = new CodedOutputStream(File.Create(path + ".new")))
            {
                // Messages that follow one another are one with all of their fields: one resource at a time is in memory.
                new DiscoveryResponse { TypeUrl = typeUrl, VersionInfo = version }.WriteTo(file);
                foreach (var applied in proxy.Applied(typeUrl))
                {
                    new DiscoveryResponse { Resources = { applied.Resource } }.WriteTo(file);
                }
            }
            File.Move(path + ".new", path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _isBroken = true;
            AgentLog.NotRestored(logger, path, e.Message);
        }
    }

    /// <summary>Applies what was kept, clusters before listeners; returns the number of resources.</summary>
    public int Restore(ProxyServer proxy)
    {
        var count = 0;
        foreach (var typeUrl in Types)
        {
            if (folder is null || !File.Exists(PathOf(typeUrl)))
            {
                continue;
            }
            try
            {
                var response = DiscoveryResponse.Parser.ParseFrom(File.ReadAllBytes(PathOf(typeUrl)));
                proxy.Apply(typeUrl, response.VersionInfo, response.Resources);
                count += response.Resources.Count;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                AgentLog.NotRestored(logger, PathOf(typeUrl), e.Message);
            }
        }
        return count;
    }

    private string PathOf(string typeUrl) => Path.Combine(folder!, $"last-{TypeUrls.ShortName(typeUrl)}.pb");
}
