using Xunit;

namespace Lateen.ScenarioTests.Interception;

/// <summary>These tests make network namespaces and write rules into them.</summary>
internal static class Privileges
{
    public static void Require() =>
        Assert.SkipUnless(Environment.IsPrivilegedProcess && File.Exists("/usr/sbin/iptables"), "needs root and iptables: run scripts/test.sh as root");
}
