using Lateen.Model;
using Lateen.Model.Mesh;

namespace Lateen.Config.Decoding.Mesh;

/// <summary>Reads MeshNetworks (the key `meshNetworks` of ConfigMap istio).</summary>
public static class MeshNetworksDecoder
{
    /// <summary>Reads the YAML text of the ConfigMap's key; nothing there means no networks.</summary>
    /// <param name="where">How the text is called in problems.</param>
    public static Decoded<MeshNetworks> Decode(string text, string where)
    {
        var problems = new List<ConfigProblem>();
        var documents = YamlTree.Read(text, where, problems);
        if (problems.Count > 0)
        {
            return new(null, [.. problems]);
        }

        return documents.IsEmpty ? new(new MeshNetworks([]), []) : Decode(documents[0], where);
    }

    public static Decoded<MeshNetworks> Decode(ConfigNode node, string? file = null)
    {
        var context = new DecodeContext(null, file);
        var networks = ValueReader.Root(node, context).Message(Read);
        return new(networks, [.. context.Problems]);
    }

    private static MeshNetworks Read(ObjectReader root) => new(root["networks"].Entries()
        .Select(entry => entry.Value.Message(network => new MeshNetwork(
            entry.Key,
            network["endpoints"].Messages(ReadMembership),
            network["gateways"].Messages(ReadGateway))) ?? new MeshNetwork(entry.Key, [], []))
        .ToEquatableArray());

    private static NetworkMembership ReadMembership(ObjectReader member) =>
        new(member["fromCidr"].Text(), member["fromRegistry"].Text());

    private static NetworkGateway ReadGateway(ObjectReader gateway) => new()
    {
        Address = gateway["address"].Text() ?? "",
        RegistryServiceName = gateway["registryServiceName"].Text() ?? "",
        Port = (int?)gateway["port"].Port() ?? 0,
        Locality = gateway["locality"].Text() ?? "",
    };
}
