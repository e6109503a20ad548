using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;

namespace Lateen.Net.Tls;

/// <summary>A certificate as a value: what policy, logs and forwarded headers ask of it. Immutable.</summary>
internal sealed class PeerCertificate
{
    private const string SubjectAlternativeName = "2.5.29.17";

    private readonly byte[] _der;
    private (string Subject, string Issuer)? _names;
    private string? _fingerprint;

    private PeerCertificate(byte[] der) => _der = der;

    public ReadOnlyMemory<byte> Der => _der;

    /// <summary>Lower-case hexadecimal, without leading zeros.</summary>
    public string Serial { get; private set; } = "";

    public DateTimeOffset NotBefore { get; private set; }

    public DateTimeOffset NotAfter { get; private set; }

    public IReadOnlyList<string> UriNames { get; private set; } = [];

    public IReadOnlyList<string> DnsNames { get; private set; } = [];

    public IReadOnlyList<string> EmailNames { get; private set; } = [];

    /// <summary>Addresses of 4 or 16 bytes, as text.</summary>
    public IReadOnlyList<string> AddressNames { get; private set; } = [];

    /// <summary>DER of SubjectPublicKeyInfo.</summary>
    public ReadOnlyMemory<byte> PublicKey { get; private set; }

    /// <summary>RFC 2253.</summary>
    public string Subject => (_names ??= PemReader.Names(_der)).Subject;

    /// <summary>RFC 2253.</summary>
    public string Issuer => (_names ??= PemReader.Names(_der)).Issuer;

    /// <summary>SHA-256 of the DER, lower-case hexadecimal.</summary>
    public string Fingerprint => _fingerprint ??= Convert.ToHexStringLower(SHA256.HashData(_der));

    /// <summary>SHA-1 of the DER, lower-case hexadecimal, for logs alone.</summary>
    public string Fingerprint1 => Convert.ToHexStringLower(Sha1(_der));

    /// <summary>Reads a DER certificate (RFC 5280 4.1); null when it is not one.</summary>
    public static PeerCertificate? Parse(byte[] der)
    {
        PeerCertificate certificate = new(der);
        try
        {
            certificate.Read();
            return certificate;
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

#pragma warning disable CA5350 // An identifier that operators compare, not a proof.
    private static byte[] Sha1(byte[] der) => SHA1.HashData(der);
#pragma warning restore CA5350

    private void Read()
    {
        AsnReader body = new AsnReader(_der, AsnEncodingRules.DER).ReadSequence().ReadSequence();
        Asn1Tag version = new(TagClass.ContextSpecific, 0, isConstructed: true);
        if (body.PeekTag().HasSameClassAndValue(version))
        {
            body.ReadEncodedValue();
        }
        Serial = Hex(body.ReadInteger());
        body.ReadEncodedValue(); // signature algorithm
        body.ReadEncodedValue(); // issuer
        AsnReader validity = body.ReadSequence();
        (NotBefore, NotAfter) = (Time(validity), Time(validity));
        body.ReadEncodedValue(); // subject
        PublicKey = body.ReadEncodedValue();
        while (body.HasData)
        {
            Asn1Tag tag = body.PeekTag();
            if (tag.TagClass == TagClass.ContextSpecific && tag.TagValue == 3)
            {
                ReadExtensions(body.ReadSequence(tag).ReadSequence());
            }
            else
            {
                body.ReadEncodedValue();
            }
        }
    }

    private void ReadExtensions(AsnReader extensions)
    {
        while (extensions.HasData)
        {
            AsnReader extension = extensions.ReadSequence();
            string id = extension.ReadObjectIdentifier();
            if (extension.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean))
            {
                extension.ReadBoolean();
            }
            byte[] value = extension.ReadOctetString();
            if (id == SubjectAlternativeName)
            {
                ReadNames(new AsnReader(value, AsnEncodingRules.DER).ReadSequence());
            }
        }
    }

    // GeneralName, RFC 5280 4.2.1.6: 1 email, 2 DNS, 6 URI, 7 address; others are of no use here.
    private void ReadNames(AsnReader names)
    {
        List<string> uris = [], dns = [], emails = [], addresses = [];
        while (names.HasData)
        {
            Asn1Tag tag = names.PeekTag();
            switch (tag.TagValue)
            {
                case 1:
                    emails.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                    break;
                case 2:
                    dns.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                    break;
                case 6:
                    uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                    break;
                case 7 when names.ReadOctetString(tag) is { Length: 4 or 16 } address:
                    addresses.Add(new System.Net.IPAddress(address).ToString());
                    break;
                case 7:
                    break;
                default:
                    names.ReadEncodedValue();
                    break;
            }
        }
        (UriNames, DnsNames, EmailNames, AddressNames) = (uris, dns, emails, addresses);
    }

    private static DateTimeOffset Time(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();

    private static string Hex(BigInteger serial) =>
        Convert.ToHexStringLower(serial.ToByteArray(isUnsigned: false, isBigEndian: true)).TrimStart('0');
}
