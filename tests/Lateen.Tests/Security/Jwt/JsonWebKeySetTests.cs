using System.Security.Cryptography;
using System.Text;
using Lateen.Security.Jwt;
using Shouldly;
using Xunit;
using static System.Buffers.Text.Base64Url;

namespace Lateen.Tests.Security.Jwt;

public sealed class JsonWebKeySetTests
{
    [Fact]
    public void Verify_ES256_TakesTheNumbersOneAfterTheOther()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        ECParameters parameters = key.ExportParameters(false);
        var keys = JsonWebKeySet.Parse(
            $$"""{"keys":[{"kty":"EC","kid":"a","crv":"P-256","x":"{{EncodeToString(parameters.Q.X)}}","y":"{{EncodeToString(parameters.Q.Y)}}"}]}""")!;

        keys.Verify(Signed("ES256", "a", text => key.SignData(text, HashAlgorithmName.SHA256))).ShouldBe(JwtSignature.Valid);
        keys.Verify(Signed("ES256", "a", text => key.SignData([.. text, 1], HashAlgorithmName.SHA256))).ShouldBe(JwtSignature.Invalid);
        keys.Verify(Signed("ES256", "b", text => key.SignData(text, HashAlgorithmName.SHA256))).ShouldBe(JwtSignature.NoKey);
    }

    [Fact]
    public void Verify_SharedSecretNamedByAnRsaKey_IsNotTried()
    {
        // The classic confusion: a public RSA key used as the secret of an HMAC.
        using RSA rsa = RSA.Create(2048);
        RSAParameters parameters = rsa.ExportParameters(false);
        var keys = JsonWebKeySet.Parse($$"""{"keys":[{"kty":"RSA","n":"{{EncodeToString(parameters.Modulus)}}","e":"AQAB"}]}""")!;

        keys.Verify(Signed("HS256", "", text => HMACSHA256.HashData(parameters.Modulus!, text))).ShouldBe(JwtSignature.NoKey);
    }

    [Fact]
    public void Parse_KeysOfUnknownKind_AreLeftOut()
    {
        JsonWebKeySet.Parse("""{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"},{"kty":"oct","k":"AAAA"}]}""")!.Count.ShouldBe(1);
        JsonWebKeySet.Parse("""{"keys":1}""").ShouldBeNull();
        JsonWebKeySet.Parse("nonsense").ShouldBeNull();
    }

    [Theory]
    [InlineData("a.b")]
    [InlineData("a.b.c")]
    [InlineData("e30.e30.e30")]
    [InlineData("eyJhbGciOiJub25lIn0.W10.AA")]
    public void Token_OfAnotherForm_IsNone(string text)
    {
        JsonWebToken.Parse(text).ShouldBeNull();
    }

    private static JsonWebToken Signed(string algorithm, string kid, Func<byte[], byte[]> sign)
    {
        string text = EncodeToString(Encoding.ASCII.GetBytes($$"""{"alg":"{{algorithm}}","kid":"{{kid}}"}""")) + "." + EncodeToString("""{"iss":"i"}"""u8);
        return JsonWebToken.Parse(text + "." + EncodeToString(sign(Encoding.ASCII.GetBytes(text))))!;
    }
}
