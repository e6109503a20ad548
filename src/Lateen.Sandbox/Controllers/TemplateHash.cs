using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Lateen.Sandbox.Controllers;

/// <summary>Names the versions of a pod template by a digest of it.</summary>
internal static class TemplateHash
{
    /// <summary>The label that tells a version's pods from those of other versions.</summary>
    public const string Label = "pod-template-hash";

    // Without vowels and look-alikes, so that no digest becomes a word.
    private const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";

    /// <summary>A digest of ten letters and digits.</summary>
    /// <param name="collisions">How many digests before this one met another template of the same name.</param>
    public static string Of(JsonNode? template, long collisions = 0)
    {
        byte[] digest = SHA256.HashData(Encoding.UTF8.GetBytes($"{template?.ToJsonString()}#{collisions}"));
        return string.Concat(digest.Take(10).Select(value => Alphabet[value % Alphabet.Length]));
    }

    /// <summary>Whether a ReplicaSet's template is a deployment's, the digest's label aside.</summary>
    public static bool IsSame(JsonNode? deploymentTemplate, JsonNode? replicaSetTemplate)
    {
        JsonNode? plain = replicaSetTemplate?.DeepClone();
        (plain?["metadata"]?["labels"] as JsonObject)?.Remove(Label);
        return JsonNode.DeepEquals(deploymentTemplate, plain);
    }
}
