using System.Globalization;
using System.Text;
using Lateen.Net.Http1;
using Lateen.Proxy.Routing;

namespace Lateen.Proxy.Http;

/// <summary>Path and host rewrites of a forwarding route, and the Location of a redirect.</summary>
internal static class RouteRewrite
{
    public static void Apply(Forward forward, WeightedTarget? target, RouteMatch match, MessageHead head)
    {
        byte[]? host = target?.HostRewrite ?? forward.HostRewrite;
        if (host is not null)
        {
            head.Set(HttpField.Host, host);
        }
        else if (forward.HostRewriteHeader is { } name && head.TryGet(name, out ReadOnlySpan<byte> value) && !value.IsEmpty)
        {
            head.Set(HttpField.Host, value.ToArray());
        }
        if (forward.PrefixRewrite is null && forward.RegexRewrite is null)
        {
            return;
        }
        byte[] original = head.Target.ToArray();
        byte[] path = Rewrite(original, match, forward.PrefixRewrite, forward.RegexRewrite);
        if (!original.AsSpan().SequenceEqual(path))
        {
            head.Set(HttpField.XEnvoyOriginalPath, original);
            head.SetTarget(path);
        }
    }

    /// <summary>Envoy: scheme_redirect, else https, else the request's; the request's port goes if a port is set or the scheme changes away from its default.</summary>
    public static byte[] Location(Redirect redirect, RouteMatch match, MessageHead head)
    {
        string asked = head.Get(HttpField.XForwardedProto).SequenceEqual("https"u8) ? "https" : "http";
        string scheme = redirect.Scheme.Length > 0 ? Encoding.ASCII.GetString(redirect.Scheme) : asked;
        string host = Encoding.ASCII.GetString(redirect.Host.Length > 0 ? redirect.Host : head.Get(HttpField.Host));
        if (redirect.Port != 0)
        {
            host = Encoding.ASCII.GetString(RouteTable.CutPort(Encoding.ASCII.GetBytes(host))) + ":" + redirect.Port.ToString(CultureInfo.InvariantCulture);
        }
        else if (scheme != asked && host.EndsWith(asked == "http" ? ":80" : ":443", StringComparison.Ordinal))
        {
            host = host[..host.LastIndexOf(':')];
        }
        byte[] target = head.Target.ToArray();
        if (redirect.Path is { } path)
        {
            int mark = Array.IndexOf(target, (byte)'?');
            bool keepQuery = mark >= 0 && !redirect.StripQuery && !path.Contains((byte)'?');
            target = keepQuery ? [.. path, .. target.AsSpan(mark)] : path;
        }
        else
        {
            target = Rewrite(target, match, redirect.PrefixRewrite, redirect.RegexRewrite);
            int mark = Array.IndexOf(target, (byte)'?');
            if (redirect.StripQuery && mark >= 0)
            {
                target = target[..mark];
            }
        }
        return [.. Encoding.ASCII.GetBytes($"{scheme}://{host}"), .. target];
    }

    private static byte[] Rewrite(byte[] target, RouteMatch match, byte[]? prefix, RegexRewrite? regex)
    {
        int mark = Array.IndexOf(target, (byte)'?');
        ReadOnlySpan<byte> path = mark < 0 ? target : target.AsSpan(0, mark);
        ReadOnlySpan<byte> query = mark < 0 ? [] : target.AsSpan(mark);
        if (prefix is not null)
        {
            int matched = match.Kind == PathKind.Regex ? path.Length : match.Path.Length;
            return [.. prefix, .. path[Math.Min(matched, path.Length)..], .. query];
        }
        if (regex is not null)
        {
            string replaced = regex.Pattern.Replace(Encoding.Latin1.GetString(path), regex.Substitution);
            return [.. Encoding.Latin1.GetBytes(replaced), .. query];
        }
        return target;
    }
}
