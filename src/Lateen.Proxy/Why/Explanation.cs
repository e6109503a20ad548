using Lateen.Net.Http1;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Why;

/// <summary>Says in words what happened to a request or session, from its flags and details. Nothing for what went well.</summary>
/// <remarks>A sentence names who (the client, a host, a cluster, this proxy), what, and the numbers that decide; the access log prints it as %WHY%.</remarks>
internal static class Explanation
{
    private static readonly (ResponseFlags Flag, LogValue Say)[] ByFlag =
    [
        (ResponseFlags.NR, NoRoute),
        (ResponseFlags.NC, static (ref LogWriter w, StreamInfo i, ProxyWorker _) => w.Put("the route leads to a cluster that the control plane has not told of")),
        (ResponseFlags.UH, NoHealthyEndpoint.Write),
        (ResponseFlags.UO, Overflow),
        (ResponseFlags.UF, ConnectFailed),
        (ResponseFlags.UC, UpstreamClosed),
        (ResponseFlags.UR, UpstreamClosed),
        (ResponseFlags.UT, TimedOut),
        (ResponseFlags.UMSDR, TimedOut),
        (ResponseFlags.SI, static (ref LogWriter w, StreamInfo i, ProxyWorker _) => w.Put("no byte moved for as long as the stream's idle limit allows")),
        (ResponseFlags.UPE, static (ref LogWriter w, StreamInfo i, ProxyWorker _) => Of(ref w, i, " sent what is not HTTP")),
        (ResponseFlags.FI, static (ref LogWriter w, StreamInfo i, ProxyWorker _) => w.Put("a fault was injected, as the route asks for")),
        (ResponseFlags.RL, static (ref LogWriter w, StreamInfo i, ProxyWorker _) => w.Put("the rate limit was reached")),
        (ResponseFlags.UAEX, static (ref LogWriter w, StreamInfo i, ProxyWorker _) => w.Put("the external authorization service said no")),
        (ResponseFlags.DPE, static (ref LogWriter w, StreamInfo i, ProxyWorker _) => { w.Put("the client sent what is not proper HTTP: "); w.Put(i.Details); }),
        (ResponseFlags.OM, static (ref LogWriter w, StreamInfo i, ProxyWorker _) => w.Put("this proxy is overloaded")),
        (ResponseFlags.DC, ClientGone),
    ];

    public static void Write(ref LogWriter writer, StreamInfo info, ProxyWorker worker)
    {
        foreach ((ResponseFlags flag, LogValue say) in ByFlag)
        {
            if ((info.Flags & flag) != 0)
            {
                say(ref writer, info, worker);
                Retries(ref writer, info);
                return;
            }
        }
        if (info.Details is { } details && details.StartsWith("rbac_access_denied", StringComparison.Ordinal))
        {
            writer.Put("an authorization policy denies it: ");
            writer.Put(details.AsSpan(details.IndexOf('[', StringComparison.Ordinal) + 1).TrimEnd(']'));
        }
        else if (info.Details is { } denied && denied.StartsWith("jwt_authn_access_denied", StringComparison.Ordinal))
        {
            writer.Put("the token was not accepted: ");
            writer.Put(denied.AsSpan(denied.IndexOf('{', StringComparison.Ordinal) + 1).TrimEnd('}'));
        }
        else
        {
            Ended(ref writer, info);
        }
    }

    private static void NoRoute(ref LogWriter writer, StreamInfo info, ProxyWorker worker)
    {
        if (info.RequestHead is not { } head)
        {
            writer.Put("no filter chain of the listener matches the connection to ");
            writer.Put(info.DownstreamLocal);
            return;
        }
        if (info.Details == "route_configuration_not_found")
        {
            writer.Put("the control plane has not told the listener's routes yet");
            return;
        }
        writer.Put("no route for host ");
        writer.PutText(head.Get(HttpField.Host));
        writer.Put(" and path ");
        writer.PutText(head.Target);
    }

    private static void Overflow(ref LogWriter writer, StreamInfo info, ProxyWorker worker)
    {
        writer.Put("a circuit breaker of ");
        Cluster(ref writer, info);
        writer.Put(" is open: ");
        writer.Put(info.Details is { Length: > 0 } ? "its limit of connections, pending requests, requests or retries is reached" : "its limit of connections is reached");
    }

    private static void ConnectFailed(ref LogWriter writer, StreamInfo info, ProxyWorker worker)
    {
        writer.Put("no connection to ");
        Host(ref writer, info);
        writer.Put(": ");
        writer.Put(info.TransportFailure is { Length: > 0 } reason ? ConnectErrors.InWords(reason) : "it did not answer in time");
    }

    private static void UpstreamClosed(ref LogWriter writer, StreamInfo info, ProxyWorker worker)
    {
        Host(ref writer, info);
        writer.Put((info.Flags & ResponseFlags.UR) != 0 ? " reset the request" : " closed the connection");
        writer.Put(info.FirstUpstreamIn < 0 ? " before it answered" : " in the middle of its answer");
        if (info.LastUpstreamOut >= 0 && info.End >= 0)
        {
            writer.Put(", ");
            writer.Put(info.End - info.LastUpstreamOut);
            writer.Put(" ms after the request was sent"u8);
        }
    }

    private static void TimedOut(ref LogWriter writer, StreamInfo info, ProxyWorker worker)
    {
        Host(ref writer, info);
        bool hasBegun = info.LocalReplyBody.IsEmpty && info.ResponseCode != 204;
        writer.Put(hasBegun ? " did not come to the end of its answer within "u8 : " did not answer within "u8);
        writer.Put(info.ExceededLimit > 0 ? info.ExceededLimit : info.End - info.Start);
        writer.Put(info.Details == "upstream_per_try_timeout" ? " ms, the limit of one try"u8 : " ms, the route's limit"u8);
    }

    private static void ClientGone(ref LogWriter writer, StreamInfo info, ProxyWorker worker)
    {
        writer.Put("the client closed the connection after ");
        writer.Put(info.End - info.Start);
        writer.Put(info.FirstUpstreamIn < 0 ? " ms, before there was an answer"u8 : " ms, before it had the whole answer"u8);
    }

    private static void Ended(ref LogWriter writer, StreamInfo info)
    {
        if (info.EndedBy == StreamEnd.None)
        {
            return;
        }
        switch (info.EndedBy)
        {
            case StreamEnd.Downstream:
                writer.Put("the client closed first");
                break;
            case StreamEnd.Upstream:
                Host(ref writer, info);
                writer.Put(" closed first");
                break;
            default:
                writer.Put("this proxy closed the connection");
                break;
        }
        writer.Put(", after ");
        writer.Put(info.IdleBeforeEnd);
        writer.Put(" ms without a byte"u8);
    }

    private static void Retries(ref LogWriter writer, StreamInfo info)
    {
        if (info.Attempts > 1)
        {
            writer.Put("; try ");
            writer.Put(info.Attempts);
            writer.Put((info.Flags & ResponseFlags.URX) != 0 ? ", the last that the policy allows"u8 : ""u8);
        }
    }

    private static void Of(ref LogWriter writer, StreamInfo info, string what)
    {
        Host(ref writer, info);
        writer.Put(what);
    }

    private static void Host(ref LogWriter writer, StreamInfo info)
    {
        if (info.Host is { } host)
        {
            writer.Put(host.AddressText);
            writer.Put(" of ");
        }
        Cluster(ref writer, info);
    }

    private static void Cluster(ref LogWriter writer, StreamInfo info) => ClusterText.Write(ref writer, info.Cluster);
}
