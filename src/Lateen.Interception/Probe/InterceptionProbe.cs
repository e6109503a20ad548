using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Lateen.Interception.Apply;
using Lateen.Interception.Options;

namespace Lateen.Interception.Probe;

/// <summary>What a probe needs to know.</summary>
/// <param name="Version">The IP version to try.</param>
/// <param name="ProxyPort">Listens here, as the sidecar's outbound listener would.</param>
/// <param name="InboundCapturePort">And here, as its inbound listener would.</param>
/// <param name="ProbePort">Connects to this port, on which nobody listens.</param>
/// <param name="User">Connects as this user: the rules capture only the sidecar's own calls to the pod itself.</param>
/// <param name="Group">And as this group.</param>
/// <param name="Limit">Gives up after this time.</param>
public sealed record ProbeOptions(
    IpVersion Version, ushort ProxyPort, ushort InboundCapturePort, ushort ProbePort, uint User, uint Group, TimeSpan Limit);

/// <summary>
/// Proves that interception works: opens a connection to 127.0.0.6 (::6) on a port where nobody listens and sees whether it arrives at the
/// sidecar's port with its original destination.
/// </summary>
public sealed class InterceptionProbe(TimeProvider clock, InterceptionLog log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Runs until it succeeds or the time is up.</summary>
    /// <returns>Null where the rules work; else what was seen and what to do.</returns>
    public string? Run(ProbeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        log.Info("Starting iptables validation. This check verifies that iptables rules are properly established for the network.");
        IPAddress loopback = options.Version == IpVersion.V4 ? IPAddress.Loopback : IPAddress.IPv6Loopback;
        List<Socket> listeners = [];
        try
        {
            foreach (ushort port in new[] { options.ProxyPort, options.InboundCapturePort })
            {
                listeners.Add(Listen(new IPEndPoint(loopback, port)));
                log.Info($"Listening on {listeners[^1].LocalEndPoint}");
            }

            return Try(options, loopback, listeners);
        }
        catch (SocketException e)
        {
            return $"the probe can not listen on {loopback} ports {options.ProxyPort} and {options.InboundCapturePort}: {e.Message}; is a sidecar running already?";
        }
        finally
        {
            listeners.ForEach(l => l.Dispose());
        }
    }

    /// <summary>
    /// The sidecar's own check, where its listeners are open already: a connection to a port where nobody listens succeeds only if it is captured.
    /// </summary>
    /// <param name="ports">Ports to try; one on which something else listens would prove nothing and is passed over.</param>
    /// <returns>Null where the connection was captured; else what was seen.</returns>
    public static async Task<string?> DialAsync(IpVersion version, IReadOnlyList<ushort> ports, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(ports);
        foreach (IPEndPoint target in ports.Select(p => Target(version, p)))
        {
            using Socket client = new(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(true, 0) };
            using Socket guard = new(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (!Holds(guard, target))
            {
                continue;
            }

            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(Pause);
            try
            {
                client.Bind(new IPEndPoint(version == IpVersion.V4 ? IPAddress.Loopback : IPAddress.IPv6Loopback, 0));
                await client.ConnectAsync(target, limit.Token).ConfigureAwait(false);
                return null;
            }
            catch (SocketException e)
            {
                return NotCaptured(target, e.Message);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                return NotCaptured(target, $"no answer within {Pause.TotalSeconds:0} s");
            }
        }

        return $"interception can not be checked: something listens on each of the ports {string.Join(", ", ports)} of this pod; leave one of them free";
    }

    /// <summary>Binds the probe's destination, so that nobody can begin to listen there while it is tried.</summary>
    private static bool Holds(Socket guard, IPEndPoint target)
    {
        try
        {
            guard.Bind(target);
            return true;
        }
        catch (SocketException e)
        {
            // ::6 is not an address of every pod; then nobody listens there either.
            return e.SocketErrorCode == SocketError.AddressNotAvailable;
        }
    }

    private static IPEndPoint Target(IpVersion version, ushort port) =>
        new(IPAddress.Parse(version == IpVersion.V4 ? "127.0.0.6" : "::6"), port);

    private static string NotCaptured(IPEndPoint target, string seen) =>
        $"a connection to {target} did not reach the sidecar ({seen}): the interception rules are not in place. With Istio CNI the pod may have started before the plugin was ready: delete the pod; without it, look at the log of the container istio-init";

    private static Socket Listen(IPEndPoint place)
    {
        Socket listener = new(place.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(place);
        listener.Listen();
        return listener;
    }

    private string? Try(ProbeOptions options, IPAddress loopback, List<Socket> listeners)
    {
        IPEndPoint target = Target(options.Version, options.ProbePort);
        long start = clock.GetTimestamp();
        string seen = "no connection came";
        while (clock.GetElapsedTime(start) is var elapsed && elapsed < options.Limit)
        {
            TimeSpan wait = options.Limit - elapsed < Pause ? options.Limit - elapsed : Pause;
            try
            {
                using Socket client = Connect(options, loopback, target);
                if (Accepted(listeners, wait) is { } original)
                {
                    if (original.Port == options.ProbePort)
                    {
                        log.Info("Validation passed, iptables rules established");
                        return null;
                    }

                    seen = $"a connection to {original} came";
                }
            }
            catch (SocketException e)
            {
                seen = e.Message;
                Socket.Select(listeners.ToList(), null, null, wait);
            }
            catch (UnauthorizedAccessException e)
            {
                return $"{e.Message}: the rules capture only the sidecar's own calls; run the validation as user {options.User}, as the container istio-validation does";
            }
        }

        return "validation timeout: " + NotCaptured(target, seen);
    }

    private static Socket Connect(ProbeOptions options, IPAddress loopback, IPEndPoint target) => SocketOwner.As(options.User, options.Group, () =>
    {
        Socket client = new(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            client.Bind(new IPEndPoint(loopback, 0));
            client.Connect(target);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    });

    private static IPEndPoint? Accepted(List<Socket> listeners, TimeSpan wait)
    {
        List<Socket> ready = [.. listeners];
        Socket.Select(ready, null, null, wait);
        IPEndPoint? original = null;
        foreach (Socket listener in ready)
        {
            using Socket connection = listener.Accept();
            original = OriginalDestination.Of(connection) ?? original;
            connection.Send(Encoding.ASCII.GetBytes((original?.Port ?? 0).ToString(CultureInfo.InvariantCulture)));
        }

        return original;
    }
}
