using Envoy.Config.Core.V3;

namespace Lateen.Proxy.Admin;

/// <summary>What the admin pages show or do beside the proxy itself.</summary>
public sealed class AdminContext
{
    /// <summary>The node as the control plane was told.</summary>
    public required Func<Node> Node { get; init; }

    /// <summary>The version in server_info: <c>sha/version/Clean/RELEASE/BoringSSL</c> in Envoy.</summary>
    public required string Version { get; init; }

    /// <summary>When the process started.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Where the pages are served, <c>ip:port</c>, as the bootstrap section of config_dump shows it.</summary>
    public required string Address { get; init; }

    /// <summary>Number of event-loop threads, as server_info shows it.</summary>
    public required int Concurrency { get; init; }

    /// <summary>Clock of uptimes.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Ends the process (POST /quitquitquit).</summary>
    public required Action Quit { get; init; }

    /// <summary>The log levels (POST /logging).</summary>
    public required ILogLevelControl Logging { get; init; }
}
