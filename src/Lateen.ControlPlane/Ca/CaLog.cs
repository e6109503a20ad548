using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Ca;

internal static partial class CaLog
{
    [LoggerMessage(2101, LogLevel.Information, "Using the certificate authority of Secret {Namespace}/{Name}, valid until {NotAfter:u}")]
    public static partial void Loaded(ILogger logger, string @namespace, string name, DateTimeOffset notAfter);

    [LoggerMessage(2102, LogLevel.Information, "Made a certificate authority and keep it in Secret {Namespace}/{Name}, valid until {NotAfter:u}")]
    public static partial void Created(ILogger logger, string @namespace, string name, DateTimeOffset notAfter);

    [LoggerMessage(2103, LogLevel.Warning, "Secret {Namespace}/{Name} can not be reached, trying again: {Reason}")]
    public static partial void StoreUnreachable(ILogger logger, string @namespace, string name, string reason);

    [LoggerMessage(2104, LogLevel.Information, "Wrote the root certificate to ConfigMap {Namespace}/istio-ca-root-cert")]
    public static partial void RootPublished(ILogger logger, string @namespace);

    [LoggerMessage(2105, LogLevel.Information, "Issued the serving certificate for {Names}, valid until {NotAfter:u}")]
    public static partial void ServingIssued(ILogger logger, string names, DateTimeOffset notAfter);

    [LoggerMessage(2106, LogLevel.Debug, "Issued a certificate for {Identity}, valid for {Lifetime}")]
    public static partial void WorkloadIssued(ILogger logger, string identity, TimeSpan lifetime);

    [LoggerMessage(2107, LogLevel.Warning, "Put the certificate authority back into Secret {Namespace}/{Name}: the API server's store had lost it")]
    public static partial void PutBack(ILogger logger, string @namespace, string name);

    [LoggerMessage(2108, LogLevel.Error, "Secret {Namespace}/{Name} holds another root than this process issues with, so workloads of two roots do not trust each other: put the Secret of before back, or restart every replica and then the workloads")]
    public static partial void AnotherRoot(ILogger logger, string @namespace, string name);
}
