using System.Runtime.InteropServices;
using Lateen.Interception.Netlink;
using Lateen.Interception.Options;

namespace Lateen.Interception.Apply;

/// <summary>The addresses and routes that belong to the rules.</summary>
public static class PodRoutes
{
    /// <summary>Adds what is missing. Null where all is in place; else which step failed and what to do.</summary>
    public static string? Add(InterceptionOptions options, bool ipv6, InterceptionLog log)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(log);
        if (ipv6 && PolicyRouting.AddPassthroughAddress() is var addressError)
        {
            if (addressError != 0)
            {
                return Explain("address ::6/128 on lo", addressError);
            }

            log.Info("Added ::6 address");
        }

        if (!options.UsesTproxy)
        {
            return null;
        }

        foreach (IpVersion version in ipv6 ? [IpVersion.V4, IpVersion.V6] : new[] { IpVersion.V4 })
        {
            if (PolicyRouting.Add(version, options.TproxyMark, options.TproxyRouteTable) is var error and not 0)
            {
                return Explain($"routing rule for mark {options.TproxyMark} and local route in table {options.TproxyRouteTable} ({version})", error);
            }
        }

        return null;
    }

    /// <summary>Takes them away where they are there.</summary>
    public static void Remove(InterceptionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _ = PolicyRouting.RemovePassthroughAddress();
        foreach (IpVersion version in IpVersions.Both)
        {
            _ = PolicyRouting.Remove(version, options.TproxyMark, options.TproxyRouteTable);
        }
    }

    private static string Explain(string what, int error) =>
        $"{what}: {Marshal.GetPInvokeErrorMessage(error)}; this needs the capability NET_ADMIN and a kernel with policy routing (CONFIG_IP_MULTIPLE_TABLES)";
}
