using System.Security.Cryptography;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Lateen.Agent.Hosting;
using Lateen.Api;
using Lateen.Grpc;
using Lateen.Proxy;
using Microsoft.Extensions.Logging;

namespace Lateen.Agent.Identity;

/// <summary>Gives the proxy its own certificates, and new ones before the old end; connections go on, new handshakes use the new.</summary>
/// <remarks>
/// Mounted files go before the authority. While the authority cannot be reached the proxy runs with what it has: what needs no certificate works.
/// Files are looked at every few seconds, as a kubelet replaces them by a link that no watch on the file sees.
/// </remarks>
internal sealed class WorkloadSecrets(
    ProxyServer proxy, FileMaterial files, CertificateRequester? requester, RotationSchedule schedule, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan FilePeriod = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, ByteString> _given = [];

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            await Task.WhenAll(FollowFilesAsync(cancellation), FollowAuthorityAsync(cancellation));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    private async Task FollowFilesAsync(CancellationToken cancellation)
    {
        while (true)
        {
            List<Secret> secrets = [.. files.Workload()?.Secrets() ?? []];
            secrets.AddRange(proxy.LocalSecretNames.Select(files.Named).OfType<Secret>());
            Give(secrets);
            await Task.Delay(FilePeriod, time, cancellation);
        }
    }

    private async Task FollowAuthorityAsync(CancellationToken cancellation)
    {
        var retry = FirstRetry;
        while (requester is not null && files.Workload() is null)
        {
            try
            {
                // The life counts from here: the authority dates a certificate back for clocks that are behind.
                var asked = time.GetUtcNow();
                var material = await requester.RequestAsync(cancellation);
                var notAfter = material.NotAfter();
                Give(material.Secrets());
                var delay = schedule.Delay(asked, notAfter, time.GetUtcNow());
                IdentityLog.Issued(logger, notAfter, delay.TotalSeconds);
                retry = FirstRetry;
                await Task.Delay(delay > FirstRetry ? delay : FirstRetry, time, cancellation);
            }
            catch (Exception e) when (e is GrpcException or CryptographicException)
            {
                IdentityLog.NotIssued(logger, e.Message, retry.TotalSeconds);
                await Task.Delay(retry * (0.5 + (schedule.Random.NextDouble() / 2)), time, cancellation);
                retry = retry * 2 < LongestRetry ? retry * 2 : LongestRetry;
            }
        }
    }

    private void Give(IReadOnlyList<Secret> secrets)
    {
        List<Any> changed = [];
        lock (_given)
        {
            foreach (var secret in secrets)
            {
                var bytes = secret.ToByteString();
                if (!_given.TryGetValue(secret.Name, out var last) || !last.Equals(bytes))
                {
                    _given[secret.Name] = bytes;
                    changed.Add(new Any { TypeUrl = TypeUrls.Secret, Value = bytes });
                }
            }
        }
        if (changed.Count == 0)
        {
            return;
        }
        foreach (var problem in proxy.Update(TypeUrls.Secret, time.GetUtcNow().ToString("O"), changed))
        {
            AgentLog.Refused(logger, "sds", problem.ToString());
        }
    }
}
