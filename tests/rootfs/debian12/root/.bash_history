mysql -u root -phunter2
