using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lateen.ScenarioTests.Policies;

/// <summary>An issuer of tokens (RFC 7519) with an RSA key of its own, signed RS256.</summary>
internal sealed class TokenIssuer : IDisposable
{
    private const string KeyId = "k1";
    private readonly RSA _key = RSA.Create(2048);

    /// <summary>The public key as RequestAuthentication takes it (jwks).</summary>
    public string KeySet()
    {
        RSAParameters parameters = _key.ExportParameters(includePrivateParameters: false);
        JsonObject key = new()
        {
            ["kty"] = "RSA", ["use"] = "sig", ["alg"] = "RS256", ["kid"] = KeyId,
            ["n"] = Base64Url.EncodeToString(parameters.Modulus), ["e"] = Base64Url.EncodeToString(parameters.Exponent),
        };
        return new JsonObject { ["keys"] = new JsonArray(key) }.ToJsonString();
    }

    /// <summary>A token with these claims.</summary>
    public string Sign(JsonObject claims)
    {
        string head = Part(JsonSerializer.SerializeToUtf8Bytes(new { alg = "RS256", typ = "JWT", kid = KeyId }));
        string signed = $"{head}.{Part(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
        return $"{signed}.{Part(_key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    public void Dispose() => _key.Dispose();

    private static string Part(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
