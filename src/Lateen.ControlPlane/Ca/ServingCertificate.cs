using System.Net.Security;
using Lateen.Security;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Ca;

/// <summary>The certificate that lateend shows on 15012 and 15017; renewed at half of its life without a restart.</summary>
internal sealed class ServingCertificate : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    private readonly CertificateAuthority _authority;
    private readonly IReadOnlyList<string> _dnsNames;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private Task<SslStreamCertificateContext> _current;

    public ServingCertificate(CertificateAuthority authority, IReadOnlyList<string> dnsNames, TimeProvider time, ILogger logger)
    {
        (_authority, _dnsNames, _time, _logger) = (authority, dnsNames, time, logger);
        _current = Issue();
    }

    /// <summary>The certificate to show in the next handshake, made ready for it once: the runtime builds its chain, and for the first loads the machine's roots.</summary>
    public Task<SslStreamCertificateContext> Current => Volatile.Read(ref _current);

    /// <summary>The names that a control plane is reached by, as Istio's DNS certificate lists them.</summary>
    public static IReadOnlyList<string> NamesOf(string ns, string revision)
    {
        string[] services = revision is "" or "default" ? ["istiod", "istio-pilot"] : ["istiod", $"istiod-{revision}", "istio-pilot"];
        return [.. services.SelectMany(service => new[] { $"{service}.{ns}.svc", $"{service}.{ns}", service }), "localhost"];
    }

    /// <summary>Renews until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Lifetime / 2, _time, cancellation);

                // The replaced one is left to the garbage collector: a handshake under way may still use it.
                Volatile.Write(ref _current, Issue());
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    public void Dispose()
    {
        if (_current.IsCompletedSuccessfully)
        {
            _current.Result.TargetCertificate.Dispose();
        }
    }

    private Task<SslStreamCertificateContext> Issue()
    {
        var now = _time.GetUtcNow();
        var certificate = _authority.IssueServing(_dnsNames, now, Lifetime).ToCertificate();
        CaLog.ServingIssued(_logger, string.Join(", ", _dnsNames), now + Lifetime);

        // Beside the start of everything else: the first client should not wait for it.
        return Task.Run(() => SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true));
    }
}
