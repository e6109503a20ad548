using Lateen.Interception.Apply;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Interception.Apply;

public sealed class CanonicalRuleTests
{
    [Theory]
    [InlineData("-A OUTPUT -p udp --dport 53 -m owner --uid-owner 3 -j RETURN", "-A OUTPUT -p udp -m udp --dport 53 -m owner --uid-owner 3 -j RETURN")]
    [InlineData("-A OUTPUT -p udp --dport 53 -j REDIRECT --to-port 15053", "-A OUTPUT -p udp -m udp --dport 53 -j REDIRECT --to-ports 15053")]
    [InlineData("-A PREROUTING -p tcp -m mark --mark 1337 -j CONNMARK --save-mark", "-A PREROUTING -p tcp -m mark --mark 0x539 -j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff")]
    [InlineData("-A OUTPUT ! -d 127.0.0.1/32 -p tcp -o lo -m owner --uid-owner 3 -j MARK --set-mark 1338", "-A OUTPUT ! -d 127.0.0.1/32 -o lo -p tcp -m owner --uid-owner 3 -j MARK --set-xmark 0x53a/0xffffffff")]
    [InlineData("-A OUTPUT -p udp --dport 53 -d ::127.0.0.53/128 -j CT --zone 2", "-A OUTPUT -d ::7f00:35/128 -p udp -m udp --dport 53 -j CT --zone 2")]
    [InlineData("-A PREROUTING -i eth1 -d 10.1.2.3/8 -j RETURN", "-A PREROUTING -d 10.0.0.0/8 -i eth1 -j RETURN")]
    public void Of_SameRuleGivenAndPrinted_IsEqual(string given, string printed) =>
        CanonicalRule.Of(given).ShouldBe(CanonicalRule.Of(printed));

    [Theory]
    [InlineData("-A OUTPUT -p udp --dport 53 -j RETURN", "-A OUTPUT -p udp ! --dport 53 -j RETURN")]
    [InlineData("-A OUTPUT -d 10.0.0.0/8 -j RETURN", "-A OUTPUT -d 10.0.0.0/9 -j RETURN")]
    [InlineData("-A OUTPUT -m owner --uid-owner 3 -j RETURN", "-A OUTPUT -m owner --gid-owner 3 -j RETURN")]
    public void Of_DifferentRules_IsDifferent(string one, string other) =>
        CanonicalRule.Of(one).ShouldNotBe(CanonicalRule.Of(other));
}
