using Lateen.Proxy.AccessLog.Remote;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.AccessLog;

/// <summary>Whether a finished stream is logged.</summary>
internal delegate bool LogCondition(StreamInfo info, ProxyWorker worker);

/// <summary>One access log: when, how and where (envoy.config.accesslog.v3.AccessLog). Immutable.</summary>
internal sealed class AccessLogConfig
{
    /// <summary>Null: every stream.</summary>
    public LogCondition? Filter { get; init; }

    /// <summary>The line, newline included; null if <see cref="Json"/> is set.</summary>
    public LogFormat? Text { get; init; }

    /// <summary>Keys, already quoted and escaped, with their values; nested objects are flattened by the compiler into key prefixes.</summary>
    public JsonLog? Json { get; init; }

    /// <summary>Null if <see cref="Remote"/> is set.</summary>
    public LogFile? File { get; init; }

    /// <summary>Takes entries in place of the file; null if that is set.</summary>
    public IRemoteLog? Remote { get; init; }

    public bool TryWrite(ref LogWriter writer, StreamInfo info, ProxyWorker worker) =>
        Text?.TryWrite(ref writer, info, worker) ?? Json!.TryWrite(ref writer, info, worker);
}
