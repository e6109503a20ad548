using System.Globalization;
using Lateen.Model;
using Lateen.Model.Policies;

namespace Lateen.Config.Decoding.Istio;

/// <summary>Reads the spec of a PeerAuthentication (security.istio.io).</summary>
internal static class PeerAuthenticationDecoder
{
    private static readonly ChoiceNames<MutualTlsMode> Modes = Choices.Of<MutualTlsMode>();

    public static PeerAuthenticationConfig Read(ObjectReader spec, ConfigMeta meta)
    {
        var selector = spec["selector"].Message(SelectorDecoder.ReadMatchLabels);
        MutualTlsMode? mtls = null;
        spec["mtls"].Message(block =>
        {
            mtls = block["mode"].Choice(Modes) ?? MutualTlsMode.Unset;
            return block;
        });
        return new PeerAuthenticationConfig
        {
            Meta = meta,
            Selector = selector,
            Mtls = mtls,
            PortLevelMtls = ReadPorts(spec["portLevelMtls"], selector),
        };
    }

    private static EquatableMap<int, MutualTlsMode> ReadPorts(ValueReader field, WorkloadSelector? selector)
    {
        if (!field.IsPresent)
        {
            return EquatableMap<int, MutualTlsMode>.Empty;
        }

        if (selector is null or { MatchLabels.IsEmpty: true })
        {
            field.Problem("portLevelMtls requires selector: ports are those of chosen workloads", "give selector.matchLabels");
        }

        if (field.Entries().IsEmpty)
        {
            field.Problem("no ports", "give at least one, or remove the field");
        }

        var ports = new List<KeyValuePair<int, MutualTlsMode>>();
        foreach (var (name, value) in field.Entries())
        {
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535)
            {
                value.Problem($"\"{name}\": a port must be between 1-65535");
                continue;
            }

            value.Message(block =>
            {
                ports.Add(new(port, block["mode"].Choice(Modes) ?? MutualTlsMode.Unset));
                return block;
            });
        }

        return ports.ToEquatableMap();
    }
}
