// TLS and mutual TLS, with certificates made for the test.
#include <gtest/gtest.h>

#include <cstdlib>

#include "shuffle/testing/flight_fixture.h"
#include "shuffle/testing/temporary_directory.h"

namespace trivet {
namespace {

using testing::FlightServiceTest;

class FlightTlsTest : public FlightServiceTest {
 protected:
  void SetUp() override {
    // NOLINTNEXTLINE(bugprone-command-processor): the test's own words
    if (std::system("openssl version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no openssl";
    MakeAuthority("ca");
    MakeAuthority("other");
    MakeCertificate("server", "ca");
    MakeCertificate("client", "ca");
    MakeCertificate("stranger", "other");
  }
  std::string Path(const std::string& name) { return directory_.path() + "/" + name; }
  void Run(const std::string& command) {
    // NOLINTNEXTLINE(bugprone-command-processor): the test's own words
    ASSERT_EQ(std::system(StrCat("cd ", directory_.path(), " && ", command, " >log 2>&1").c_str()),
              0)
        << command;
  }
  void MakeAuthority(const std::string& name) {
    Run(StrCat("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 ",
               "-subj /CN=", name, " -keyout ", name, ".key -out ", name, ".pem"));
  }
  void MakeCertificate(const std::string& name, const std::string& authority) {
    Run(StrCat("printf 'subjectAltName=IP:127.0.0.1,DNS:localhost' | tee ", name, ".ext"));
    Run(StrCat("openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=",
               name, " -keyout ", name, ".key -out ", name, ".csr"));
    Run(StrCat("openssl x509 -req -days 2 -in ", name, ".csr -CA ", authority, ".pem -CAkey ",
               authority, ".key -CAcreateserial -extfile ", name, ".ext -out ", name, ".pem"));
  }
  FlightServiceOptions ServerOptions(bool mutual) {
    FlightServiceOptions options;
    options.token = "the token";
    options.tls = {Path("server.pem"), Path("server.key"), mutual ? Path("ca.pem") : "", ""};
    return options;
  }
  FlightPeerOptions ClientOptions(const std::string& authority, const std::string& certificate) {
    FlightPeerOptions options = PeerOptions();
    options.connect_timeout_ms = 3000;
    options.tls.authority_file = Path(authority + ".pem");
    if (!certificate.empty()) {
      options.tls.certificate_file = Path(certificate + ".pem");
      options.tls.key_file = Path(certificate + ".key");
    }
    return options;
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(FlightTlsTest, ClientsTrustOnlyTheirAuthority) {
  const auto service = NewService(ServerOptions(false));
  const Status status = service->Start();
  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_TRUE(service->location().starts_with("grpc+tls://"));
  const auto peer = Connect(*service, ClientOptions("ca", ""));
  ASSERT_NE(peer, nullptr);
  EXPECT_EQ(*peer->Call("echo", "hi", 5000), "hi!");
  EXPECT_FALSE(FlightPeer::Connect(service->location(), ClientOptions("other", "")).ok());
  // The token is needed all the same.
  FlightPeerOptions without = ClientOptions("ca", "");
  without.token = "";
  EXPECT_EQ(FlightPeer::Connect(service->location(), without).status().code(),
            StatusCode::kPermissionDenied);
  // Plain text is no way in.
  EXPECT_FALSE(
      FlightPeer::Connect(StrCat("grpc://127.0.0.1:", service->port()), PeerOptions()).ok());
}

TEST_F(FlightTlsTest, MutualTlsAsksClientsForACertificate) {
  const auto service = NewService(ServerOptions(true));
  ASSERT_TRUE(service->Start().ok());
  const auto peer = Connect(*service, ClientOptions("ca", "client"));
  ASSERT_NE(peer, nullptr);
  EXPECT_EQ(*peer->Call("echo", "hi", 5000), "hi!");
  EXPECT_FALSE(FlightPeer::Connect(service->location(), ClientOptions("ca", "")).ok());
  EXPECT_FALSE(FlightPeer::Connect(service->location(), ClientOptions("ca", "stranger")).ok());
}

TEST_F(FlightTlsTest, FilesThatAreMissingOrNoCertificatesAreTypedErrors) {
  FlightServiceOptions options = ServerOptions(false);
  options.tls.key_file = "";
  EXPECT_EQ(NewService(options)->Start().code(), StatusCode::kInvalidInput);
  options.tls.key_file = Path("missing.key");
  EXPECT_EQ(NewService(options)->Start().code(), StatusCode::kNotFound);
  options.tls.key_file = Path("log");
  Run("echo no certificate");
  EXPECT_EQ(NewService(options)->Start().code(), StatusCode::kInvalidInput);
}

}  // namespace
}  // namespace trivet
